/* SPDX-License-Identifier: 0BSD */
/* Shows another descriptor whenever it is asked. */
#include "zoo.h"

static const sbn_detector slots = {sizeof(sbn_detector), 0, honest_types, honest_detect, NULL};
ZOO_DESCRIPTOR(SBN_KIND_DETECTOR, slots, honest_create, honest_destroy);

SBN_EXPORT const sbn_plugin* sbn_plugin_entry_v1(const sbn_host* host, sbn_error* err);
const sbn_plugin* sbn_plugin_entry_v1(const sbn_host* host, sbn_error* err) {
  static sbn_plugin faces[64];
  static unsigned shown;
  sbn_plugin* face = &faces[shown++ % 64];
  (void)host, (void)err;
  *face = plugin;
  return face;
}
