// SPDX-License-Identifier: 0BSD
// Lets an exception out of its entry point.
#include "zoo.h"

static const sbn_detector slots = {sizeof(sbn_detector), 0, honest_types, honest_detect, NULL};
ZOO_DESCRIPTOR(SBN_KIND_DETECTOR, slots, honest_create, honest_destroy);
ZOO_ENTRY(throw 7);
