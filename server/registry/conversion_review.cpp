#include "registry/conversion_review.h"

#include <utility>

#include "base/api_error.h"
#include "base/strings.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/webhook_conversion.h"
#include "validation/causes.h"

namespace limen::registry {

namespace {

using base::ApiError;
using object::Json;
using object::text_at;

constexpr std::string_view kGroup = "apiextensions.k8s.io";
constexpr std::size_t kMaxShown = 1024;  // bytes of an answer that is no review

// A failure of the server's own, which has no reason of the API's.
ApiError failure(std::string text) { return {500, "", std::move(text)}; }

// A type as Go names what it decodes JSON to.
std::string_view go_type(const Json& value) {
  if (value.is_null()) return "<nil>";
  if (value.is_bool()) return "bool";
  if (value.is_string()) return "string";
  if (value.is_array()) return "[]interface {}";
  if (value.is_object()) return "map[string]interface {}";
  return value.is_double() ? "float64" : "int64";
}

// group/version, Kind=kind
std::string go_kind(std::string_view api_version, std::string_view kind) {
  const object::GroupVersionParts parts = object::split_api_version(api_version);
  return std::string(parts.group) + "/" + std::string(parts.version) +
         ", Kind=" + std::string(kind);
}

// What an answer without a review means, worded as Kubernetes' client words it.
std::string status_problem(const WebhookAnswer& answer) {
  if (answer.status == 404) return "the server could not find the requested resource";
  if (answer.status >= 300 && answer.status < 400) {
    return "redirects are not followed (status " + std::to_string(answer.status) + ")";
  }
  std::string body = answer.body.substr(0, kMaxShown);
  while (body.ends_with('\n')) body.pop_back();
  return "an error on the server (" + base::go_quote(body) +
         ") has prevented the request from succeeding";
}

std::string texts_of(const std::vector<base::StatusCause>& causes) {
  std::vector<std::string> texts;
  for (const base::StatusCause& cause : causes) texts.push_back(cause.field + ": " + cause.message);
  return texts.size() == 1 ? texts.front() : "[" + base::join(texts, ", ") + "]";
}

// Labels or annotations of the answer, or what is wrong with them.
std::string take_texts(std::string_view key, const Json& answered, boost::json::object& metadata) {
  const Json* texts = object::member(answered, key);
  if (!texts || texts->is_null()) {
    metadata.erase(key);
    return {};
  }
  const std::string field = "metadata." + std::string(key);
  if (!texts->is_object()) {
    return "invalid " + field + " of type " + std::string(go_type(*texts)) + " in converted object";
  }
  for (const auto& entry : texts->get_object()) {
    if (entry.value().is_string()) continue;
    return field + "[" + std::string(entry.key()) + "] must be a string, but is " +
           std::string(go_type(entry.value())) + " in converted object";
  }
  const Json* before = metadata.if_contains(key);
  if (!before || *before != *texts) {
    validation::Causes causes;
    if (key == "labels") {
      validation::check_labels(texts, validation::FieldPath("metadata").child(key), causes);
    } else {
      validation::check_annotations(texts, validation::FieldPath("metadata").child(key), causes);
    }
    if (!causes.empty()) return texts_of(causes.take());
  }
  metadata[key] = *texts;
  return {};
}

}  // namespace

std::string webhook_url(const catalog::ConversionWebhook& hook) {
  if (!hook.url.empty()) return hook.url;
  return "https://" + hook.service_name + "." + hook.service_ns +
         ".svc:" + std::to_string(hook.port) + hook.path;
}

ConversionReview::ConversionReview(const catalog::ConversionWebhook& hook, std::string wanted,
                                   std::vector<Json> objects)
    : review_version_(hook.review_version),
      url_(webhook_url(hook)),
      wanted_(std::move(wanted)),
      uid_(base::random_uuid()),
      objects_(std::move(objects)) {
  if (review_version_.empty()) throw failure("no supported conversion review versions");
}

std::string ConversionReview::who() const {
  const Json& first = objects_.front();
  return "conversion webhook for " + go_kind(object::api_version(first), object::kind(first));
}

void ConversionReview::failed(const std::string& why) const {
  throw failure(who() + " failed: " + why);
}

std::string ConversionReview::question() const {
  boost::json::object request;
  request["uid"] = uid_;
  request["desiredAPIVersion"] = wanted_;
  boost::json::array& list = request["objects"].emplace_array();
  list.reserve(objects_.size());
  for (const Json& object : objects_) list.push_back(object);
  boost::json::object review;
  review["kind"] = "ConversionReview";
  review["apiVersion"] = object::group_version(kGroup, review_version_);
  review["request"] = std::move(request);
  return object::to_json(Json(std::move(review)));
}

std::vector<Json> ConversionReview::objects_of(const WebhookAnswer& answer) const {
  if (answer.status == 0) failed("Post " + base::go_quote(url_) + ": " + answer.error);
  if (answer.status < 200 || answer.status > 299) failed(status_problem(answer));
  object::DecodeLimits limits;
  limits.max_bytes = Conversions::kMaxAnswerBytes;
  Json review;
  try {
    review = object::decode(answer.body, object::Format::json, limits).value;
  } catch (const object::DecodeError& error) {
    failed(error.what());
  }
  const std::string expected =
      go_kind(object::group_version(kGroup, review_version_), "ConversionReview");
  const std::string got = go_kind(object::api_version(review), object::kind(review));
  if (got != expected) failed("expected webhook response of " + expected + ", got " + got);
  const Json* response = object::member(review, "response");
  if (!response || !response->is_object()) failed("no response provided");
  const std::string_view uid = text_at(*response, "uid");
  if (uid != uid_) {
    failed("expected response.uid=" + base::go_quote(uid_) + ", got " + base::go_quote(uid));
  }
  const Json* result = object::member(*response, "result");
  const std::string_view status = result ? text_at(*result, "status") : std::string_view();
  if (status != "Success") {
    const std::string_view message = result ? text_at(*result, "message") : std::string_view();
    failed(!message.empty()
               ? std::string(message)
               : "response.result.status was '" + std::string(status) + "', not 'Success'");
  }
  const Json* list = object::member(*response, "convertedObjects");
  if (!list || !list->is_array()) return {};
  return {list->get_array().begin(), list->get_array().end()};
}

// kube-apiserver words it by whether it was asked for a list; it counts a list's objects from one.
void ConversionReview::refuse(std::size_t index, Fault fault, const std::string& why) const {
  const bool alone = objects_.size() == 1;
  const std::string at = " at index " + std::to_string(alone ? 0 : index + 1);
  std::string text = who() + " returned invalid ";
  switch (fault) {
    case Fault::type:
      text += (alone ? "object" : "converted object") + at;
      break;
    case Fault::object:
      text += alone ? "object" : "converted object" + at;
      break;
    case Fault::metadata:
      text += alone ? "metadata" : "metadata in object" + at;
      break;
  }
  throw failure(text + ": " + why);
}

void ConversionReview::check_identity(std::size_t index, const Json& made) const {
  const Json& from = objects_[index];
  if (!made.is_object()) refuse(index, Fault::type, "it is no object");
  const auto same = [&](Fault fault, std::string_view wanted, std::string_view got,
                        std::string_view lead, std::string_view between, std::string_view end) {
    if (wanted == got) return;
    refuse(index, fault,
           std::string(lead) + std::string(wanted) + std::string(between) + std::string(got) +
               std::string(end));
  };
  same(Fault::type, wanted_, object::api_version(made), "invalid groupVersion (expected ",
       ", received ", ")");
  same(Fault::type, object::kind(from), object::kind(made), "invalid kind (expected ",
       ", received ", ")");
  same(Fault::object, object::name(from), object::name(made),
       "must have the same name: ", " != ", "");
  same(Fault::object, object::ns(from), object::ns(made),
       "must have the same namespace: ", " != ", "");
  same(Fault::object, object::uid(from), object::uid(made), "must have the same UID: ", " != ", "");
}

void ConversionReview::restore_metadata(std::size_t index, Json& made) const {
  const Json* answered = object::member(std::as_const(made), "metadata");
  if (!answered) refuse(index, Fault::metadata, "missing metadata in converted object");
  if (!answered->is_object()) {
    refuse(index, Fault::metadata,
           "invalid metadata of type " + std::string(go_type(*answered)) + " in converted object");
  }
  const Json* own = object::metadata_of(objects_[index]);
  Json metadata = own && own->is_object() ? *own : Json(boost::json::object());
  for (const std::string_view key : {"labels", "annotations"}) {
    const std::string problem = take_texts(key, *answered, metadata.get_object());
    if (!problem.empty()) refuse(index, Fault::metadata, problem);
  }
  made.get_object()["metadata"] = std::move(metadata);
}

std::vector<Json> ConversionReview::result_of(const WebhookAnswer& answer) {
  std::vector<Json> made = objects_of(answer);
  if (made.size() != objects_.size()) {
    throw failure(who() + " returned " + std::to_string(made.size()) + " objects, expected " +
                  std::to_string(objects_.size()));
  }
  for (std::size_t i = 0; i < made.size(); ++i) {
    check_identity(i, made[i]);
    restore_metadata(i, made[i]);
  }
  return made;
}

}  // namespace limen::registry
