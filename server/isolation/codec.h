// How what modules are asked and say travels between the server and a module's process.
//
// Both ends are the same build, so the form is private: members are short and may change. Reading
// is forgiving where nothing depends on it and falls to what denies elsewhere: a verdict that is
// missing is a refusal.
#pragma once

#include "admission/controller.h"
#include "authn/authenticator.h"
#include "authn/token_issuer.h"
#include "authz/authorizer.h"
#include "isolation/peer.h"
#include "limen/limen.h"
#include "modules/loader.h"
#include "request/call_scope.h"

namespace limen::isolation {

using Texts = std::vector<std::string>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

boost::json::array to_json(const Texts& texts);
boost::json::array to_json(const Pairs& pairs);
Texts texts_of(const Message& message, std::string_view key);
Pairs pairs_of(const Message& message, std::string_view key);
const Message& object_of(const Message& message, std::string_view key);  // empty when there is none

Message to_json(const request::Identity& user);
request::Identity identity_of(const Message& message);

// Attributes and the user they point to.
struct Question {
  request::Identity user;
  authz::Attributes attributes;
};
Message to_json(const authz::Attributes& attributes);
Message to_json(const limen_attributes& attributes);
// Fills `out`, whose attributes then point to its user: do not copy it afterwards.
void read_question(const Message& message, Question& out);

Message to_json(const authn::Result& result);
authn::Result authn_result_of(const Message& message);
Message to_json(const authz::Result& result);
authz::Result authz_result_of(const Message& message);
Message to_json(const authz::Rules& rules);
authz::Rules rules_of(const Message& message);
// `object` is what was reviewed; of what changed only the members that differ travel.
Message to_json(const admission::Result& result, const object::Json& object);
admission::Result admission_result_of(const Message& message);
// The edits of an admission answer: a pointer and its new value, nothing for a removed member.
struct Edit {
  std::string pointer;
  const boost::json::value* value = nullptr;  // of the message
};
std::vector<Edit> edits_of(const Message& message);

Message to_json(const admission::Version& version);
admission::Version version_of(const Message& message);

// Warnings and annotations gathered while a call was answered.
void add_notes(Message& message, const request::CallScope& scope);

Message to_json(const modules::DescriptorInfo& descriptor);
modules::DescriptorInfo descriptor_of(const Message& message);

}  // namespace limen::isolation
