// What a conversion webhook answers, from anywhere: refused as a failure of the server, or objects
// that are what was asked for. UID in the input stands for the question's own.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/api_error.h"
#include "object/metadata.h"
#include "registry/conversion_review.h"
#include "registry/webhook_conversion.h"

namespace {

using namespace limen;
using object::Json;

constexpr std::string_view kWanted = "a.example.com/v2";

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<Json> asked() {
  std::vector<Json> objects;
  for (const char* name : {"one", "two"}) {
    objects.push_back(boost::json::object{
        {"apiVersion", "a.example.com/v1"},
        {"kind", "Widget"},
        {"metadata", {{"name", name}, {"namespace", "n"}, {"uid", name}, {"labels", {{"a", "b"}}}}},
        {"size", 3}});
  }
  return objects;
}

std::string with_uid(std::string_view text, std::string_view uid) {
  std::string out(text);
  const std::size_t at = out.find("UID");
  if (at != std::string::npos) out.replace(at, 3, uid);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  catalog::ConversionWebhook hook;
  hook.review_version = "v1";
  std::vector<Json> before = asked();
  if (data[0] % 2 == 0) before.pop_back();
  registry::ConversionReview review(hook, std::string(kWanted), before);
  const Json question = boost::json::parse(review.question());
  registry::WebhookAnswer answer;
  answer.status = 200;
  answer.body = with_uid(text, object::text_at(question.at("request"), "uid"));
  try {
    const std::vector<Json> made = review.result_of(answer);
    require(made.size() == before.size());
    for (std::size_t i = 0; i < made.size(); ++i) {
      require(object::api_version(made[i]) == kWanted);
      require(object::name(made[i]) == object::name(before[i]));
      require(object::uid(made[i]) == object::uid(before[i]));
    }
  } catch (const base::ApiError& error) {
    require(error.code() == 500);
  }
  return 0;
}

#include "replay_main.h"
