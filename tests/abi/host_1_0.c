/* SPDX-License-Identifier: 0BSD */
/* A host of ABI 1.0 as it was frozen: made of tests/abi/1.0 alone. host_1_0 FILE SETTINGS loads
 * the file, creates its first component, asks it one thing and prints the answer. It has no
 * services. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <subnet/detector.h>
#include <subnet/emission.h>
#include <subnet/matcher.h>
#include <subnet/validator.h>

#define STR(text) ((sbn_str){text, sizeof(text) - 1})

static const int32_t level = SBN_LOG_ERROR + 1;
static void say(void *ctx, int32_t severity, sbn_str text) {
  (void)ctx, (void)severity, (void)text;
}
static const void *service(void *ctx, sbn_str id) { return (void)ctx, (void)id, NULL; }
static const sbn_host host = {sizeof(sbn_host), 0, NULL, &level, say, service};

static char memory[1 << 20] __attribute__((aligned(4096)));
static uint64_t used;
static void *scratch(const sbn_call *call, uint64_t bytes, uint64_t align) {
  (void)call;
  const uint64_t at = (used + align - 1) / align * align;
  if (at + bytes > sizeof(memory)) return NULL;
  used = at + bytes;
  return memory + at;
}
static const sbn_call call = {sizeof(sbn_call), 0, 1, 0, 0, 7, scratch, NULL};

static int is(sbn_str text, const char *word) {
  return text.len == strlen(word) && memcmp(text.data, word, text.len) == 0;
}

static sbn_status ask_detector(void *self, const sbn_detector *table, sbn_error *err) {
  const sbn_str name = STR("whisper-large-v3");
  uint32_t type = 99, confidence = 0, runner_up = 0, flags = 0;
  const sbn_detect_in in = {sizeof(in), 0, 1, &name, NULL, NULL, NULL};
  sbn_detect_out out = {sizeof(out), 0, 1, &type, &confidence, &runner_up, &flags};
  const sbn_str *types = NULL;
  const uint64_t n = table->types(self, &types);
  const sbn_status status = table->detect(self, &call, &in, &out, err);
  if (status == SBN_OK && type > 0 && type <= n)
    printf("%.*s %u\n", (int)types[type - 1].len, types[type - 1].data, confidence);
  return status;
}

static sbn_status ask_matcher(void *self, const sbn_matcher *table, sbn_error *err) {
  const uint8_t state = SBN_SLOT_OPEN;
  const uint32_t one = 1, none = 0, capacity = 3, reliability = 1000000, current = SBN_NONE;
  const uint64_t miner_order = 2, validator_order = 1, types_at[2] = {0, 1};
  const sbn_match_view view = {
      sizeof(view), 1, 1, 1, &state, &one, &none, &none, &miner_order, &current, 1, &state,
      &capacity, &reliability, &none, &none, &validator_order, types_at, &one, {0}, 0};
  sbn_match_move moves[4];
  sbn_match_out out = {sizeof(out), 0, 4, 0, moves};
  const sbn_status status = table->solve(self, &call, &view, &out, err);
  if (status == SBN_OK && out.n == 1) {
    printf("miner %u to %u\n", moves[0].miner, moves[0].validator);
  }
  return status;
}

static sbn_status hear_probe(void *ctx, const sbn_probe *probe) {
  (void)ctx;
  printf("probe to %u\n", probe->target);
  return SBN_OK;
}
static sbn_status hear_verdict(void *ctx, const sbn_verdict *verdict) {
  (void)ctx;
  printf("verdict %d\n", verdict->outcome);
  return SBN_OK;
}
static sbn_status ask_validator(void *self, const sbn_validator *table, sbn_error *err) {
  const sbn_validate_sink sink = {sizeof(sink), 0, NULL, hear_probe, hear_verdict};
  const sbn_validate_request request = {
      sizeof(request), 0, 1, STR("r1"), STR("chat"), STR("m"), STR("module"), STR("generate"),
      STR("{}"), STR("0123456789abcdef0123456789abcdef"), 1, 1000};
  return table->begin(self, &call, &request, sizeof(request), 1, &sink, err);
}

static sbn_status ask_emission(void *self, const sbn_emission *table, sbn_error *err) {
  const uint32_t uid = 0, owner = 0, parent = 0xffffffffu, count = 1;
  const uint8_t role = SBN_ROLE_MINER, permit = 0, payable = 1;
  const uint64_t zero = 0, order = 1, sum = 900000, rows[2] = {0, 0};
  const uint16_t fee = 0;
  const sbn_emission_in in = {
      sizeof(in), 0, 1, 100, 0, 1000, 1, &uid, &role, &zero, &zero, &order, &permit, &owner,
      &parent, &fee, &payable, &sum, &count, {rows, NULL, NULL}, {rows, NULL, NULL}, NULL, 0, NULL};
  uint64_t amount = 0, row_at[2] = {0, 0};
  sbn_emission_out out = {
      .struct_size = sizeof(out), .n = 1, .amount_nano = &amount, .bonds_row_at = row_at};
  const sbn_status status = table->compute(self, &call, &in, &out, err);
  if (status == SBN_OK) {
    const uint64_t all = amount + out.founder_nano + out.dust_nano + out.unallocated_nano;
    printf("sum %llu\n", (unsigned long long)all);
  }
  return status;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return fprintf(stderr, "%s\n", dlerror()), 1;
  const sbn_plugin_entry entry = (sbn_plugin_entry)dlsym(library, SBN_ENTRY_NAME);
  sbn_error err = {.struct_size = sizeof(err)};
  const sbn_plugin *plugin = entry == NULL ? NULL : entry(&host, &err);
  if (plugin == NULL || plugin->abi_major != 1 || plugin->min_host_minor > 0) return 1;
  const sbn_component *component = plugin->components;
  void *self = NULL;
  sbn_status status = component->create(&host, (sbn_str){argv[2], strlen(argv[2])}, &self, &err);
  if (status == SBN_OK) {
    const void *table = component->vtable;
    status = SBN_E_UNSUPPORTED;
    if (is(component->kind, SBN_KIND_DETECTOR)) status = ask_detector(self, table, &err);
    if (is(component->kind, SBN_KIND_MATCHER)) status = ask_matcher(self, table, &err);
    if (is(component->kind, SBN_KIND_VALIDATOR)) status = ask_validator(self, table, &err);
    if (is(component->kind, SBN_KIND_EMISSION)) status = ask_emission(self, table, &err);
    component->destroy(self);
  }
  if (status < 0) fprintf(stderr, "status %d: %.*s\n", status, (int)err.msg_len, err.msg);
  return status < 0;
}
