// SPDX-License-Identifier: 0BSD
#include "lemon_flow.hpp"

#include <lemon/cost_scaling.h>
#include <lemon/smart_graph.h>

namespace subnetd::bench {

using Graph = lemon::SmartDigraph;

struct LemonFlow::Network {
  Graph graph;
  std::unique_ptr<Graph::ArcMap<std::int64_t>> cost, top;
  std::unique_ptr<Graph::NodeMap<std::int64_t>> supply;
};

LemonFlow::LemonFlow(const std::vector<std::int64_t>& supply, const std::vector<Arc>& arcs)
    : network_(new Network) {
  Graph& graph = network_->graph;
  graph.reserveNode(static_cast<int>(supply.size()));
  graph.reserveArc(static_cast<int>(arcs.size()));
  for (std::size_t i = 0; i < supply.size(); ++i) graph.addNode();
  for (const Arc& arc : arcs)
    graph.addArc(graph.nodeFromId(static_cast<int>(arc.from)),
                 graph.nodeFromId(static_cast<int>(arc.to)));
  network_->cost = std::make_unique<Graph::ArcMap<std::int64_t>>(graph);
  network_->top = std::make_unique<Graph::ArcMap<std::int64_t>>(graph);
  network_->supply = std::make_unique<Graph::NodeMap<std::int64_t>>(graph);
  for (std::size_t i = 0; i < arcs.size(); ++i) {
    (*network_->cost)[graph.arcFromId(static_cast<int>(i))] = arcs[i].cost;
    (*network_->top)[graph.arcFromId(static_cast<int>(i))] = arcs[i].top;
  }
  for (std::size_t i = 0; i < supply.size(); ++i)
    (*network_->supply)[graph.nodeFromId(static_cast<int>(i))] = supply[i];
}

LemonFlow::~LemonFlow() = default;

std::int64_t LemonFlow::run() {
  lemon::CostScaling<Graph, std::int64_t, std::int64_t> flow(network_->graph);
  flow.upperMap(*network_->top).costMap(*network_->cost).supplyMap(*network_->supply).run();
  return flow.totalCost();
}

}  // namespace subnetd::bench
