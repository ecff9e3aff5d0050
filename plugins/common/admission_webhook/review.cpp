#include "common/admission_webhook/review.h"

#include <map>

#include "common/admission_webhook/json_patch.h"
#include "common/admission_webhook/webhook.h"
#include "common/base64.h"
#include "common/go_quote.h"

namespace limen::webhooks {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::serialize;
using boost::json::value;
using plugins::go_quote;

constexpr std::string_view kGroup = "admission.k8s.io/";

object kind_json(std::string_view group, std::string_view version, std::string_view kind) {
  return {{"group", group}, {"version", version}, {"kind", kind}};
}

object kind_json(const ObjectVersion& version) {
  return kind_json(version.kind_group, version.kind_version, version.kind);
}
object resource_json(const ObjectVersion& version, std::string_view resource) {
  return {{"group", version.api_group}, {"version", version.api_version}, {"resource", resource}};
}

// The members of an object as JSON text, without its braces.
std::string members_of(const object& of) {
  std::string out = serialize(of).substr(1);
  out.pop_back();
  return out;
}

object user_json(const UserView& user) {
  object out;
  if (!user.name().empty()) out["username"] = user.name();
  if (!user.uid().empty()) out["uid"] = user.uid();
  array groups;
  for (const std::string_view group : user.groups()) groups.emplace_back(group);
  if (!groups.empty()) out["groups"] = std::move(groups);
  std::map<std::string_view, array> extra;
  for (std::uint32_t i = 0; i < user.extra_count(); ++i) {
    extra[user.extra_key(i)].emplace_back(user.extra_value(i));
  }
  object extra_json;
  for (auto& [key, values] : extra) extra_json[key] = std::move(values);
  if (!extra_json.empty()) out["extra"] = std::move(extra_json);
  return out;
}

std::string json_or_null(const Node& node) { return node ? node.to_json() : std::string("null"); }

// ---- answers

[[noreturn]] void no_review(const std::string& why) {
  throw AnswerError("failed to call webhook: the answer is no AdmissionReview: " + why);
}
[[noreturn]] void invalid(const std::string& why) {
  throw AnswerError("received invalid webhook response: " + why);
}

// Null and absent are the same, as in Kubernetes' own decoding.
const value* member(const object& of, std::string_view key) {
  const value* found = of.if_contains(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}
std::string text(const object& of, std::string_view key) {
  const value* found = member(of, key);
  if (found == nullptr) return {};
  if (!found->is_string()) no_review(std::string(key) + " is not a string");
  return std::string(found->get_string());
}
const object* members(const object& of, std::string_view key) {
  const value* found = member(of, key);
  if (found == nullptr) return nullptr;
  if (!found->is_object()) no_review(std::string(key) + " is not an object");
  return &found->get_object();
}
const array* items(const object& of, std::string_view key) {
  const value* found = member(of, key);
  if (found == nullptr) return nullptr;
  if (!found->is_array()) no_review(std::string(key) + " is not a list");
  return &found->get_array();
}

// The answer's own words in an error: enough to see what is wrong, however long they are.
std::string brief(std::string text) {
  constexpr std::size_t kMost = 256;
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // inside UTF-8
  text.resize(end);
  return text + "...";
}

void check_remarks(std::size_t count, const char* what) {
  if (count > kMaxRemarks)
    no_review("it holds more than " + std::to_string(kMaxRemarks) + " " + what);
}

void read_status(const object& status, Answer& out) {
  out.message = text(status, "message");
  out.reason = text(status, "reason");
  if (const value* code = member(status, "code")) {
    if (!code->is_int64()) no_review("code is not an integer");
    out.code = code->get_int64();
  }
  const object* details = members(status, "details");
  const array* causes = details == nullptr ? nullptr : items(*details, "causes");
  if (causes == nullptr) return;
  for (const value& cause : *causes) {
    if (!cause.is_object()) no_review("a cause is not an object");
    const object& one = cause.get_object();
    out.causes.push_back({text(one, "reason"), text(one, "message"), text(one, "field")});
  }
}

void check_review(std::string_view version, std::string_view uid, const object& review,
                  const object& response) {
  // Neither was asked of webhooks in v1beta1.
  if (version != "v1") return;
  const std::string got = text(response, "uid");
  if (got != uid)
    invalid("expected response.uid=" + go_quote(uid) + ", got " + go_quote(brief(got)));
  const std::string api = text(review, "apiVersion");
  const std::string kind = text(review, "kind");
  if (api != std::string(kGroup) + "v1" || kind != "AdmissionReview") {
    // As Go writes a kind: with a slash where the group is empty.
    invalid("expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got " +
            std::string(api.find('/') == std::string::npos ? "/" : "") + brief(api) +
            ", Kind=" + brief(kind));
  }
}

void read_patch(std::string_view version, bool mutating, const object& response, Answer& out) {
  const value* type = member(response, "patchType");
  const std::string type_name = text(response, "patchType");
  const auto patch = plugins::base64_decode(text(response, "patch"));
  if (!patch) no_review("patch is not base64");
  if (!mutating) {
    if (version != "v1") return;
    if (!patch->empty()) invalid("validating webhook may not return response.patch");
    if (type != nullptr) invalid("validating webhook may not return response.patchType");
    return;
  }
  if (version == "v1") {
    if (!patch->empty() && type == nullptr) {
      invalid("webhook returned response.patch but not response.patchType");
    }
    if (patch->empty() && type != nullptr) {
      invalid("webhook returned response.patchType but not response.patch");
    }
    if (type != nullptr && type_name.empty()) {
      invalid("webhook returned invalid response.patchType of \"\"");
    }
    if (type != nullptr && type_name != "JSONPatch") {
      throw AnswerError("unsupported patch type " + go_quote(brief(type_name)));
    }
  }
  out.patch = *patch;
}

}  // namespace

Questions::Questions(const AdmissionCall& call, const ObjectVersion& request)
    : resource_(call.attributes().resource()), subresource_(call.attributes().subresource()) {
  object first{{"requestKind", kind_json(request)},
               {"requestResource", resource_json(request, resource_)}};
  if (!subresource_.empty()) first["requestSubResource"] = subresource_;
  const Subject subject = Subject::of(call);
  if (const std::string_view name = name_of(call); !name.empty()) first["name"] = name;
  if (!subject.ns.empty()) first["namespace"] = subject.ns;
  first["operation"] = operation_name(call.operation());
  first["userInfo"] = user_json(call.attributes().user());
  about_ = members_of(first);
  after_ = std::string(",\"dryRun\":") + (call.dry_run() ? "true" : "false") +
           ",\"options\":" + json_or_null(call.options()) + "}}";
}

std::string Questions::write(std::string_view review_version, std::string_view uid,
                             const Question& question) const {
  object asked{{"kind", kind_json(question.version)},
               {"resource", resource_json(question.version, resource_)}};
  if (!subresource_.empty()) asked["subResource"] = subresource_;
  const auto or_null = [](const std::string& json) { return json.empty() ? "null" : json; };
  std::string out = R"({"kind":"AdmissionReview","apiVersion":")";
  out.append(kGroup).append(review_version).append(R"(","request":{"uid":")").append(uid);
  out += "\"," + members_of(asked) + "," + about_;
  out += ",\"object\":" + or_null(question.object);
  out += ",\"oldObject\":" + or_null(question.old_object);
  out += after_;
  return out;
}

Answer read_answer(std::string_view version, std::string_view uid, bool mutating,
                   std::string_view body) {
  boost::system::error_code error;
  const value root = parse_deep(body, error);
  if (error || !root.is_object()) no_review("it is not a JSON object");
  const object* response = members(root.get_object(), "response");
  if (response == nullptr) invalid("webhook response was absent");
  check_review(version, uid, root.get_object(), *response);

  Answer out;
  if (const value* allowed = member(*response, "allowed")) {
    if (!allowed->is_bool()) no_review("allowed is not a boolean");
    out.allowed = allowed->get_bool();
  }
  read_patch(version, mutating, *response, out);
  if (const object* status = members(*response, "status")) read_status(*status, out);
  if (const array* warnings = items(*response, "warnings")) {
    check_remarks(warnings->size(), "warnings");
    for (const value& one : *warnings) {
      if (!one.is_string()) no_review("a warning is not a string");
      out.warnings.emplace_back(one.get_string());
    }
  }
  if (const object* annotations = members(*response, "auditAnnotations")) {
    check_remarks(annotations->size(), "auditAnnotations");
    for (const auto& [key, text_value] : *annotations) {
      if (!text_value.is_string()) no_review("an audit annotation is not a string");
      out.annotations.emplace_back(key, text_value.get_string());
    }
  }
  return out;
}

}  // namespace limen::webhooks
