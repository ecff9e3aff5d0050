// What webhooks answer, from anywhere: an AdmissionReview in both versions with the patch it holds,
// a TokenReview, a SubjectAccessReview. Refused, or read so that what the caller relies on holds.
//
// The first byte chooses the review.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/admission_webhook/json_patch.h"
#include "common/admission_webhook/review.h"
#include "common/review_answer.h"

namespace {

using namespace limen;

constexpr std::string_view kUid = "5f3b";
constexpr const char* kPod =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"b"}},
    "spec":{"containers":[{"name":"c","image":"i"},{"name":"d","image":"i"}],"tolerations":[]}})";

void require(bool holds) {
  if (!holds) std::abort();
}

// What can be read again was not nested too deeply.
void apply(const boost::json::value& patch) {
  static const boost::json::value pod = boost::json::parse(kPod);
  try {
    const boost::json::value after = webhooks::apply_json_patch(pod, patch);
    boost::system::error_code error;
    require(webhooks::parse_deep(boost::json::serialize(after), error) == after || error);
    require(!error);
  } catch (const webhooks::PatchError&) {
  }
}

void read_admission(std::string_view version, bool mutating, std::string_view body) {
  webhooks::Answer answer;
  try {
    answer = webhooks::read_answer(version, kUid, mutating, body);
  } catch (const webhooks::AnswerError& problem) {
    require(std::string_view(problem.what()).size() > 0);
    return;
  }
  require(mutating || answer.patch.empty());
  if (answer.patch.empty()) return;
  boost::system::error_code error;
  const boost::json::value patch = webhooks::parse_deep(answer.patch, error);
  if (!error) apply(patch);
}

void read_review(std::string_view kind, std::string_view api, std::string_view body) {
  try {
    const plugins::ReviewAnswer review(kind, api, body);
    const plugins::ReviewFields status = review.status();
    static_cast<void>(status.flag("authenticated"));
    static_cast<void>(status.flag("allowed") && status.flag("denied"));
    static_cast<void>(status.text("reason"));
    static_cast<void>(status.texts("audiences"));
    const auto user = status.object("user");
    if (!user) return;
    static_cast<void>(user->text("username"));
    static_cast<void>(user->texts("groups"));
    static_cast<void>(user->lists("extra"));
  } catch (const plugins::ReviewError& problem) {
    require(std::string_view(problem.what()).size() > 0);
  }
}

// A patch by itself: base64 would hide its bytes from what changes them.
void read_patch(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value patch = webhooks::parse_deep(text, error);
  if (!error) apply(patch);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 7) {
    case 0:
      read_admission("v1", true, text);
      break;
    case 1:
      read_admission("v1", false, text);
      break;
    case 2:
      read_admission("v1beta1", true, text);
      break;
    case 3:
      read_admission("v1beta1", false, text);
      break;
    case 4:
      read_review("TokenReview", "authentication.k8s.io/v1", text);
      break;
    case 5:
      read_review("SubjectAccessReview", "authorization.k8s.io/v1", text);
      break;
    default:
      read_patch(text);
  }
  return 0;
}

#include "replay_main.h"
