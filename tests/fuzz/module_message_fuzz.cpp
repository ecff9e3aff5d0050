// Any JSON as a message between the server and a module's process, read in every way either side
// reads one. What is read is never more than was said: without a verdict nobody is let in, and what
// was understood is written and understood the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "isolation/codec.h"
#include "isolation/stored_json.h"

namespace {

using namespace limen;
using isolation::Message;

void require(bool held) {
  if (!held) std::abort();
}

void read_answers(const Message& message) {
  const bool has_verdict = message.contains("verdict");
  const authn::Result authentication = isolation::authn_result_of(message);
  require(has_verdict || authentication.verdict != authn::Verdict::authenticated);
  const authn::Result again = isolation::authn_result_of(isolation::to_json(authentication));
  require(again.verdict == authentication.verdict);
  require(again.verdict != authn::Verdict::authenticated ||
          again.identity.name == authentication.identity.name);

  const authz::Result authorization = isolation::authz_result_of(message);
  require(has_verdict || authorization.verdict == authz::Verdict::deny);
  require(isolation::authz_result_of(isolation::to_json(authorization)).verdict ==
          authorization.verdict);

  const admission::Result admission = isolation::admission_result_of(message);
  require(admission.allowed == isolation::flag_of(message, "allowed"));
  for (const isolation::Edit& edit : isolation::edits_of(message)) {
    require(edit.value == nullptr || !boost::json::serialize(*edit.value).empty());
  }
  isolation::to_json(isolation::rules_of(message));
  isolation::to_json(isolation::descriptor_of(message));
}

void read_questions(const Message& message) {
  isolation::Question question;
  isolation::read_question(message, question);
  isolation::to_json(question.attributes);
  const request::Identity user = isolation::identity_of(message);
  require(isolation::identity_of(isolation::to_json(user)).name == user.name);
  for (const char* key : {"audiences", "certificates", "headers"}) {
    isolation::texts_of(message, key);
    isolation::pairs_of(message, key);
    isolation::object_of(message, key);
    isolation::number_of(message, key);
  }
}

void read_objects(const Message& message) {
  isolation::stored_of(message);
  isolation::event_of(message);
  const storage::Key key = isolation::key_of(message);
  require(isolation::key_of(isolation::to_json(key)).name == key.name);
  isolation::write_result_of(message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boost::json::parse_options options;
  options.allow_invalid_utf8 = true;  // as the channel's ends read
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(
      std::string_view(reinterpret_cast<const char*>(data), size), error, {}, options);
  if (error || !value.is_object()) return 0;
  read_answers(value.get_object());
  read_questions(value.get_object());
  read_objects(value.get_object());
  return 0;
}

#include "replay_main.h"
