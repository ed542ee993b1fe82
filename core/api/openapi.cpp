// SPDX-License-Identifier: 0BSD
#include "api/openapi.hpp"

#include <map>
#include <vector>

#include "api/object_text.hpp"
#include "api/routes.hpp"
#include "api/schemas.hpp"
#include "json/json.hpp"

namespace subnetd::api {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// "get_api_v1_miners_id": method and path, words joined by "_".
std::string operation_id(const Route& route) {
  std::string out = lower(route.method);
  for (const char c : route.path) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (word) {
      out += c;
    } else if (out.back() != '_') {
      out += '_';
    }
  }
  while (out.back() == '_') out.pop_back();
  return out;
}

std::string subject_of(std::string_view path) {
  const std::size_t open = path.find('{');
  if (open == path.npos) return {};
  return std::string(path.substr(open + 1, path.find('}') - open - 1));
}

void append_parameter(std::string& out, std::string_view name, std::string_view where,
                      bool required, std::string_view schema, std::string_view about) {
  ObjectText parameter(out);
  parameter.text("name", name).text("in", where).flag("required", required);
  parameter.text("description", about);
  parameter.open("schema") += schema;
}

void append_parameters(std::string& out, const Route& route) {
  out += '[';
  bool first = true;
  if (const std::string subject = subject_of(route.path); !subject.empty()) {
    const bool number = subject == "n";
    append_parameter(out, subject, "path", true,
                     number ? R"({"type":"integer","minimum":0})" : R"({"type":"string"})",
                     number ? "The epoch's number" : "The node's id");
    first = false;
  }
  for (const Param& param : route.params) {
    if (!first) out += ',';
    first = false;
    append_parameter(out, param.name, "query", false, param.schema, param.about);
  }
  if (route.keyed) {
    if (!first) out += ',';
    append_parameter(out, "Idempotency-Key", "header", false,
                     R"({"type":"string","maxLength":128})",
                     "For 24 hours the same key and body get the first answer and do nothing "
                     "again; the same key with another body is refused");
  }
  out += ']';
}

std::string reference(std::string_view schema) {
  return "{\"$ref\":\"#/components/schemas/" + std::string(schema) + "\"}";
}

std::string content_of(const Route& route) {
  const auto json = [](const std::string& schema) {
    return "{\"application/json\":{\"schema\":" + schema + "}}";
  };
  switch (route.shape) {
    case Shape::nothing: return "{}";
    case Shape::object: return json(reference(route.schema));
    case Shape::list:
      return json(R"({"type":"object","required":["items","next_cursor"],"properties":{"items":)"
                  R"({"type":"array","items":)" +
                  reference(route.schema) + R"(},"next_cursor":{"type":["string","null"]}}})");
    case Shape::text: return R"({"text/plain":{"schema":{"type":"string"}}})";
    case Shape::events: return R"({"text/event-stream":{"schema":{"type":"string"}}})";
    case Shape::page: return R"({"text/html":{"schema":{"type":"string"}}})";
  }
  return "{}";
}

void append_responses(std::string& out, const Route& route) {
  ObjectText responses(out);
  for (const int status : {route.status, route.other_status}) {
    if (status == 0) continue;
    ObjectText response(responses.open(std::to_string(status)));
    response.text("description", status == 204 ? "Done" : "Success");
    if (route.shape != Shape::nothing) response.open("content") += content_of(route);
  }
  ObjectText refused(responses.open("default"));
  refused.text("description", "Refused");
  const std::string_view error = route.auth == Auth::module ? "ModuleError" : "Error";
  refused.open("content") += R"({"application/json":{"schema":)" + reference(error) + "}}";
}

void append_operation(std::string& out, const Route& route) {
  ObjectText operation(out);
  operation.text("operationId", operation_id(route)).text("summary", route.summary);
  if (route.auth == Auth::none) operation.open("security") += "[]";
  if (route.auth == Auth::read) operation.open("security") += R"([{},{"operator":[]},{"key":[]}])";
  const bool writes = route.auth == Auth::owner || route.auth == Auth::write;
  if (writes) operation.open("security") += R"([{"operator":[]},{"key":[]}])";
  if (route.auth == Auth::module) operation.open("security") += R"([{"key":[]}])";
  append_parameters(operation.open("parameters"), route);
  if (!route.body.empty()) {
    ObjectText body(operation.open("requestBody"));
    body.flag("required", route.body != "Nothing");
    body.open("content") += R"({"application/json":{"schema":)" + reference(route.body) + "}}";
  }
  append_responses(operation.open("responses"), route);
}

}  // namespace

std::string openapi_text(std::string_view version) {
  std::vector<std::string_view> order;
  std::map<std::string_view, std::vector<const Route*>> paths;
  for (const Route& route : routes()) {
    if (paths[route.path].empty()) order.push_back(route.path);
    paths[route.path].push_back(&route);
  }
  std::string out;
  {
    ObjectText document(out);
    document.text("openapi", "3.1.0");
    ObjectText(document.open("info"))
        .text("title", "subnetd")
        .text("version", version.empty() ? "0" : version)
        .text(
            "description",
            "Times are RFC 3339 in UTC with milliseconds. Scores, confidence and reliability are "
            "parts per million, amounts nano. Endpoints of nodes are shown to the operator and to "
            "the node's owner only.");
    document.open("security") += R"([{"operator":[]}])";
    {
      ObjectText all(document.open("paths"));
      for (const std::string_view path : order) {
        ObjectText item(all.open(path));
        for (const Route* route : paths[path]) {
          append_operation(item.open(lower(route->method)), *route);
        }
      }
    }
    {
      ObjectText components(document.open("components"));
      components.open("securitySchemes") +=
          R"({"operator":{"type":"http","scheme":"bearer"},"key":{"type":"apiKey","in":"header",)"
          R"("name":"X-Signature","description":"sr25519 signature in hex, with X-Key, X-Crypto )"
          R"(and X-Timestamp. Under /method over Python's json.dumps of the body with timestamp )"
          R"(added; under /api/v1 over that of {method, path, params, timestamp}."}})";
      ObjectText named(components.open("schemas"));
      for (const Schema& schema : schemas()) named.open(schema.name) += schema.json;
    }
  }
  return out;
}

}  // namespace subnetd::api
