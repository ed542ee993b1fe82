/* SPDX-License-Identifier: 0BSD */
/* What each plugin of the archive is made of. These sources are as they were for ABI 1.0 and stay
 * so, as does what they include: the hosts of every later minor have to run them. */
#ifndef SUBNETD_TESTS_ABI_ARCHIVED_H
#define SUBNETD_TESTS_ABI_ARCHIVED_H

#include <string.h>
#include <subnet/detector.h>
#include <subnet/emission.h>
#include <subnet/matcher.h>
#include <subnet/validator.h>

#define STR(text) {text, sizeof(text) - 1}

static sbn_status create(const sbn_host *host, sbn_str settings, void **self, sbn_error *err) {
  (void)host, (void)settings, (void)err;
  *self = NULL; /* no state */
  return SBN_OK;
}
static void destroy(void *self) { (void)self; }

static const void *extension(sbn_str id) {
  (void)id;
  return NULL;
}

#define ARCHIVED(name, kind, slots)                                                               \
  static const sbn_component components[] = {                                                     \
      {sizeof(sbn_component), SBN_F_DETERMINISTIC, STR(kind), STR(name),                          \
       STR("Of the archive of ABI 1.0"),                                                          \
       STR("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{}}"), &slots,     \
       create, destroy}};                                                                         \
  static const sbn_plugin plugin = {sizeof(sbn_plugin),                                           \
                                    sizeof(sbn_component),                                        \
                                    SBN_ABI_MAJOR,                                                \
                                    SBN_ABI_MINOR,                                                \
                                    SBN_MIN_HOST_MINOR,                                           \
                                    0,                                                            \
                                    STR("archive." name),                                         \
                                    STR("1.0.0"),                                                 \
                                    STR("archive"),                                               \
                                    components,                                                   \
                                    1,                                                            \
                                    extension};                                                   \
  SBN_NOTE("archive." name, "1.0.0");                                                             \
  SBN_EXPORT const sbn_plugin *sbn_plugin_entry_v1(const sbn_host *host, sbn_error *err);         \
  const sbn_plugin *sbn_plugin_entry_v1(const sbn_host *host, sbn_error *err) {                   \
    (void)host, (void)err;                                                                        \
    return &plugin;                                                                               \
  }                                                                                               \
  typedef int archived_ends_here

#endif
