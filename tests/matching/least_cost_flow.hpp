// SPDX-License-Identifier: 0BSD
// A flow of least cost by LEMON's network simplex: the oracle of the matching tests.
#pragma once

#include <gtest/gtest.h>
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

#include <vector>

class LeastCostFlow {
 public:
  using Node = lemon::SmartDigraph::Node;

  // What flows from it to the sink.
  Node node(int64_t supply = 0) {
    const Node made = graph_.addNode();
    supply_[made] = supply;
    supply_[sink_] -= supply;
    return made;
  }
  Node sink() const { return sink_; }
  void arc(Node from, Node to, int64_t price, int64_t top) {
    const auto made = graph_.addArc(from, to);
    price_[made] = price;
    top_[made] = top;
  }
  int64_t least_cost() {
    lemon::NetworkSimplex<lemon::SmartDigraph, int64_t, int64_t> simplex(graph_);
    simplex.upperMap(top_).costMap(price_).supplyMap(supply_);
    EXPECT_EQ(simplex.run(), simplex.OPTIMAL);
    return simplex.totalCost();
  }

 private:
  lemon::SmartDigraph graph_;
  lemon::SmartDigraph::NodeMap<int64_t> supply_{graph_, 0};
  lemon::SmartDigraph::ArcMap<int64_t> price_{graph_}, top_{graph_};
  Node sink_ = graph_.addNode();
};
