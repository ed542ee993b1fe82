// SPDX-License-Identifier: 0BSD
#include "demo/models.hpp"

namespace subnetd::demo {

std::string_view training_text() {
  return R"(a subnet is a group of nodes that agree on what good work is . a miner is a node that
offers a model to the network . a validator is a node that asks a miner a question and scores the
answer . the daemon matches each miner to a validator that knows its kind of model . the daemon
keeps a journal of facts and every fact is durable before it is told . a miner that answers well is
paid well . a miner that answers badly is paid little . a miner that lies is found by a validator
that can compute the answer itself . a validator that does not answer loses its miners to another
validator . the network asks for good work and the good work is paid at the end of the epoch . an
epoch ends with a cut and the verdicts after the cut belong to the next epoch . the budget of an
epoch is paid to the last unit . a score is a number from zero to one million . the mean of the
scores decides what a miner is paid . a model of language continues a text one word at a time . a
model of pictures names the shape that it sees . a model of meaning turns a text into a list of
numbers . two texts that mean the same have numbers that point the same way . a circle is round and
a square has four corners and a triangle has three corners and a cross has two bars . good work is
checked and checked work is good work . the daemon is small and the plugins decide . a detector
decides what a model is . a matcher decides who checks whom . a policy decides who is paid what .
a plugin does no input and no output of its own . the host owns the sockets and the clock . the
engine is pure and the engine can be replayed . what is replayed must be equal to what was .)";
}

}  // namespace subnetd::demo
