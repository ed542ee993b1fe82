// SPDX-License-Identifier: 0BSD
#include "api/schemas.hpp"

#include <array>

namespace subnetd::api {
namespace {

#define TEXT R"({"type":"string"})"
#define TEXT_OR_NULL R"({"type":["string","null"]})"
#define TIME R"({"type":"string","format":"date-time"})"
#define TIME_OR_NULL R"({"type":["string","null"],"format":"date-time"})"
#define WHOLE R"({"type":"integer","minimum":0})"
#define WHOLE_OR_NULL R"({"type":["integer","null"],"minimum":0})"
#define FLAG R"({"type":"boolean"})"
#define PPM R"({"type":"integer","minimum":0,"maximum":1000000})"
#define BASIS_POINTS R"({"type":"integer","minimum":0,"maximum":10000})"
#define PPM_OR_NULL R"({"type":["integer","null"],"minimum":0,"maximum":1000000})"
#define STATUS R"({"type":"string","enum":["active","inactive","draining","flagged"]})"
#define SETTABLE R"({"type":"string","enum":["active","inactive","draining"]})"
#define PROTOCOL R"({"type":"string","enum":["module","openai","classic"]})"
#define TEXTS R"({"type":"array","items":{"type":"string"}})"
#define OUTCOME                                                                             \
  R"({"type":"string","enum":["scored","miner_failed","validator_failed","plugin_failed",)" \
  R"("carried"]})"
#define REASONS                                                                      \
  R"({"type":"string","enum":["none","no_validator","no_capacity","own_validator",)" \
  R"("not_distinct","unknown_type","pending","closed","refused"]})"

// What registrations and changes may say of either role.
#define RECORD                                                                             \
  R"("key":)" TEXT_OR_NULL R"(,"namespace":{"type":"string","maxLength":128},)"            \
  R"("endpoint":{"type":"string","format":"uri","maxLength":256},"protocol":)" PROTOCOL    \
  R"(,"method":{"type":"string","maxLength":64},"task":{"type":"string","maxLength":64},)" \
  R"("region":{"type":"string","maxLength":32})"
#define SERVICE                                                                   \
  R"("specializations":{"type":"array","minItems":1,"maxItems":64,"items":)" TEXT \
  R"(},"capacity":{"type":"integer","minimum":1,"maximum":10000000})"
#define ID R"("id":{"type":"string","minLength":1,"maxLength":64})"

// The body of a call of the module protocol, given what its params hold.
#define CALL(params)                                                                       \
  R"({"type":"object","required":["params"],"properties":{"params":{"type":"object",)" params \
  R"(,"target_key":)" TEXT "}}}}"

#define MATCH_FIELDS                                                             \
  R"("slot":)" WHOLE R"(,"validator":)" TEXT_OR_NULL R"(,"since":)" TIME_OR_NULL \
  R"(,"reason":)" REASONS

constexpr std::array all{
    Schema{"Error", R"({"type":"object","required":["error"],"properties":{"error":{)"
                    R"("type":"object","required":["code","message","hint"],"properties":{)"
                    R"("code":)" TEXT R"(,"message":)" TEXT R"(,"hint":)" TEXT "}}}}"},
    Schema{"ModuleError", R"({"type":"object","properties":{"error":{},"detail":{}}})"},
    Schema{"Nothing", R"({"type":"object","additionalProperties":false})"},
    Schema{"OpenApi", R"({"type":"object"})"},
    Schema{"Health", R"({"type":"object","properties":{"alive":)" FLAG "}}"},
    Schema{"Readiness", R"({"type":"object","properties":{"ready":)" FLAG "}}"},
    Schema{"MinerRegistration",
           R"({"type":"object","additionalProperties":false,)"
           R"("required":["id","namespace","endpoint"],"properties":{)" ID "," RECORD "}}"},
    Schema{"MinerChange", R"({"type":"object","additionalProperties":false,"minProperties":1,)"
                          R"("properties":{)" RECORD R"(,"status":)" SETTABLE "}}"},
    Schema{"ValidatorRegistration",
           R"({"type":"object","additionalProperties":false,)"
           R"("required":["id","endpoint","specializations","capacity"],"properties":{)" ID
           "," RECORD "," SERVICE "}}"},
    Schema{
        "ValidatorChange",
        R"({"type":"object","additionalProperties":false,"minProperties":1,"properties":{)" RECORD
        "," SERVICE R"(,"stake_nano":)" WHOLE R"(,"parent":)" TEXT R"(,"fee_bp":)" BASIS_POINTS
        R"(,"status":)" SETTABLE "}}"},
    Schema{"RegisterMinerCall",
           CALL(R"("required":["id","namespace","endpoint","target_key"],"properties":{)" ID
                "," RECORD)},
    Schema{"RegisterValidatorCall",
           CALL(R"("required":["id","endpoint","specializations","capacity","target_key"],)"
                R"("properties":{)" ID "," RECORD "," SERVICE)},
    Schema{"UpdateNodeCall",
           CALL(R"("required":["id","changes","target_key"],"properties":{)" ID
                R"(,"changes":{"type":"object","minProperties":1,"properties":{)" RECORD
                "," SERVICE R"(,"status":)" SETTABLE "}}")},
    Schema{"SetStatusCall", CALL(R"("required":["id","status","target_key"],"properties":{)" ID
                                 R"(,"status":)" SETTABLE)},
    Schema{"DeregisterCall", CALL(R"("required":["id","confirm","target_key"],"properties":{)" ID
                                  R"(,"confirm":{"const":true})")},
    Schema{"NodeCall", CALL(R"("required":["id","target_key"],"properties":{)" ID)},
    Schema{"ListModulesCall",
           CALL(R"("required":["target_key"],"properties":{"model_type":)" TEXT R"(,"cursor":)" TEXT
                R"(,"limit":{"type":"integer","minimum":1,"maximum":1000})")},
    Schema{"True", R"({"const":true})"},
    Schema{"Node", R"({"oneOf":[{"$ref":"#/components/schemas/Miner"},)"
                   R"({"$ref":"#/components/schemas/Validator"}]})"},
    Schema{"Matches", R"({"type":"array","items":{"$ref":"#/components/schemas/Match"}})"},
    Schema{"Modules", R"({"type":"object","required":["items","next_cursor"],"properties":{)"
                      R"("items":{"type":"array","items":{"$ref":"#/components/schemas/Miner"}},)"
                      R"("next_cursor":)" TEXT_OR_NULL "}}"},
    Schema{"Miner",
           R"({"type":"object","required":["id","uid","namespace","model_type","status",)"
           R"("registered_at","matches"],"properties":{"id":)" TEXT R"(,"uid":)" WHOLE
           R"(,"key":)" TEXT_OR_NULL R"(,"namespace":)" TEXT R"(,"endpoint":)" TEXT
           R"(,"protocol":)" PROTOCOL R"(,"method":)" TEXT R"(,"task":)" TEXT_OR_NULL
           R"(,"region":)" TEXT_OR_NULL R"(,"model_type":)" TEXT R"(,"confidence_ppm":)" PPM
           R"(,"detector":)" TEXT_OR_NULL R"(,"load":)" WHOLE R"(,"reliability_ppm":)" PPM
           R"(,"score_ppm":)" PPM_OR_NULL R"(,"status":)" STATUS R"(,"reason":)" TEXT_OR_NULL
           R"(,"registered_at":)" TIME R"(,"last_update":)" TIME
           R"(,"matches":{"type":"array","items":{"type":"object","properties":{)" MATCH_FIELDS
           "}}}}}"},
    Schema{"Validator",
           R"({"type":"object","required":["id","uid","specializations","capacity","load",)"
           R"("status","registered_at"],"properties":{"id":)" TEXT R"(,"uid":)" WHOLE
           R"(,"key":)" TEXT_OR_NULL R"(,"namespace":)" TEXT_OR_NULL R"(,"endpoint":)" TEXT
           R"(,"protocol":)" PROTOCOL R"(,"method":)" TEXT R"(,"task":)" TEXT_OR_NULL
           R"(,"region":)" TEXT_OR_NULL R"(,"specializations":)" TEXTS R"(,"capacity":)" WHOLE
           R"(,"load":)" WHOLE R"(,"reliability_ppm":)" PPM R"(,"stake_nano":)" WHOLE
           R"(,"parent":)" TEXT_OR_NULL R"(,"fee_bp":)" BASIS_POINTS
           R"(,"status":)" STATUS R"(,"reason":)" TEXT_OR_NULL R"(,"registered_at":)" TIME
           R"(,"last_update":)" TIME "}}"},
    Schema{"Match", R"({"type":"object","required":["miner","slot","validator"],"properties":{)"
                    R"("miner":)" TEXT "," MATCH_FIELDS "}}"},
    Schema{"Mapping",
           R"({"type":"object","additionalProperties":false,"required":["pattern","model_type"],)"
           R"("properties":{"pattern":{"type":"string","minLength":1,"maxLength":128},)"
           R"("model_type":)" TEXT "}}"},
    Schema{"RedetectAsk",
           R"({"type":"object","additionalProperties":false,"properties":{"miner":)"
           R"({"type":"string","minLength":1,"maxLength":64}}})"},
    Schema{"Redetected", R"({"type":"object","required":["looked_at","retyped"],"properties":{)"
                         R"("looked_at":)" WHOLE R"(,"retyped":)" WHOLE "}}"},
    Schema{"Validation",
           R"({"type":"object","required":["at","request","miner","validator","outcome"],)"
           R"("properties":{"at":)" TIME R"(,"request":)" WHOLE R"(,"miner":)" TEXT
           R"(,"validator":)" TEXT R"(,"outcome":)" OUTCOME R"(,"score_ppm":)" PPM_OR_NULL
           R"(,"retry":)" TEXT_OR_NULL "}}"},
    Schema{"ValidationReport",
           R"({"type":"object","required":["request_id","finished","miner"],"properties":{)"
           R"("request_id":)" TEXT R"(,"finished":)" FLAG R"(,"miner":)" TEXT
           R"(,"validator":)" TEXT R"(,"outcome":)" OUTCOME R"(,"score_ppm":)" PPM_OR_NULL
           R"(,"reason":)" TEXT_OR_NULL "}}"},
#define EPOCH_FIELDS                                                                       \
  R"("epoch":)" WHOLE R"(,"status":{"type":"string","enum":["closed","held","emitted"]},)" \
  R"("closed_at":)" TIME R"(,"block":)" WHOLE R"(,"held_reason":)" TEXT_OR_NULL            \
  R"(,"emitted_at":)" TIME R"(,"policy":)" TEXT R"(,"budget_nano":)" WHOLE                 \
  R"(,"paid_nano":)" WHOLE R"(,"founder_nano":)" WHOLE R"(,"dust_nano":)" WHOLE            \
  R"(,"unallocated_nano":)" WHOLE R"(,"nodes":)" WHOLE
    Schema{"Epoch", R"({"type":"object","required":["epoch","status","closed_at"],)"
                    R"("properties":{)" EPOCH_FIELDS "}}"},
    Schema{"EpochDetail",
           R"({"type":"object","required":["epoch","status","rows","next_cursor"],)"
           R"("properties":{)" EPOCH_FIELDS R"(,"rows":{"type":"array","items":)"
           R"({"type":"object","properties":{"uid":)" WHOLE R"(,"role":)" TEXT R"(,"id":)" TEXT
           R"(,"amount_nano":)" WHOLE R"(,"incentive":)" WHOLE R"(,"score_sum_ppm":)" WHOLE
           R"(,"score_count":)" WHOLE R"(,"dividends":)" WHOLE R"(,"consensus":)" WHOLE
           R"(,"trust":)" WHOLE R"(,"validator_trust":)" WHOLE
           R"(,"deviation_ppm":)" PPM_OR_NULL R"(,"own_ppm":)" PPM_OR_NULL
           R"(,"mutual_ppm":)" PPM_OR_NULL R"(,"parent":)" TEXT_OR_NULL
           R"(,"fee_bp":)" WHOLE R"(,"before_nano":)" WHOLE_OR_NULL
           R"(,"why_moved":)" TEXT_OR_NULL R"(}}},"weights":{"type":"object","properties":{)"
           R"("chain":)" TEXT R"(,"uids":{"type":"array","items":)" WHOLE
           R"(},"values":{"type":"array","items":)" WHOLE R"(},"broken_rules":)"
           R"({"type":"array","items":{"type":"object","properties":{"rule":)" TEXT
           R"(,"why":)" TEXT R"(}}}}},"next_cursor":)" TEXT_OR_NULL "}}"},
    Schema{"EmissionCase",
           R"({"type":"object","required":["id","params","input"],"properties":{"id":)" TEXT
           R"(,"params":{"type":"object"},"input":{"type":"object"}}})"},
    Schema{"EpochClosed", R"({"type":"object","properties":{"epoch":)" WHOLE "}}"},
    Schema{"Plugin", R"({"type":"object","required":["id","kind","version","state"],"properties":{)"
                     R"("id":)" TEXT R"(,"kind":)" TEXT R"(,"version":)" TEXT R"(,"trust":)" TEXT
                     R"(,"file":)" TEXT
                     R"(,"sha256":)" TEXT R"(,"state":)" TEXT R"(,"reason":)" TEXT_OR_NULL
                     R"(,"calls":)" WHOLE R"(,"items":)" WHOLE R"(,"failures":)" WHOLE
                     R"(,"isolation":)" TEXT_OR_NULL R"(,"worker_deaths":)" WHOLE
                     R"(,"busy_ns":)" WHOLE "}}"},
    Schema{"ReloadAsk", R"({"type":"object","additionalProperties":false,"properties":{"now":)" FLAG
                        R"(,"shadow":)" FLAG "}}"},
    Schema{"Reload",
           R"({"type":"object","required":["state"],"properties":{)"
           R"("state":{"type":"string","enum":["none","staged","done","failed","replaced"]})"
           R"(,"reason":)" TEXT_OR_NULL R"(,"changed":)" TEXTS R"(,"need_restart":)" TEXTS
           R"(,"shadow":{"type":["object","null"],"properties":{"miners":)" WHOLE
           R"(,"types_changed":)" WHOLE R"(,"moves":)" WHOLE R"(,"paid_changed":)" WHOLE
           R"(,"paid_error":)" TEXT_OR_NULL "}}}}"},
    Schema{"Explanation",
           R"({"type":"object","required":["id","role","node","why","lines","timeline"],)"
           R"("properties":{"id":)" TEXT R"(,"role":)" TEXT R"(,"node":{"type":"object"},)"
           R"("why":{"type":"object","additionalProperties":)" TEXT R"(},"lines":)" TEXTS
           R"(,"timeline":{"type":"array","items":{"type":"object","properties":{"at":)" TIME
           R"(,"what":)" TEXT R"(,"detail":)" TEXT R"(,"endpoint":)" TEXT "}}}}}"},
    Schema{"Subnet",
           R"({"type":"object","required":["name","netuid","miners","validators","epoch"],)"
           R"("properties":{"name":)" TEXT R"(,"netuid":)" WHOLE R"(,"key":)" TEXT_OR_NULL
           R"(,"version":)" TEXT
           R"(,"genesis":)" TIME R"(,"as_of":)" TIME R"(,"facts":)" WHOLE
           R"(,"digest":)" TEXT R"(,"miners":)" WHOLE
           R"(,"validators":)" WHOLE R"(,"validators_lost":)" WHOLE R"(,"namespaces":)" WHOLE
           R"(,"verdicts":)" WHOLE R"(,"validations_open":)" WHOLE R"(,"model_types":)" TEXTS
           R"(,"epoch":{"type":"object","properties":{"open":)" WHOLE R"(,"opened_at":)" TIME
           R"(,"ends_at":)" TIME R"(,"verdicts":)" WHOLE R"(,"last_emitted":)" WHOLE
           R"(,"held":)" FLAG R"(,"held_reason":)" TEXT_OR_NULL R"(,"seed":)" TEXT
           R"(}},"settings":)"
           R"({"type":"object"},"plugins_quarantined":)" TEXTS R"(,"reload":)" TEXT "}}"},
};

}  // namespace

std::span<const Schema> schemas() {
  return all;
}

}  // namespace subnetd::api
