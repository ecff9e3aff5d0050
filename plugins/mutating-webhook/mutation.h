// Mutation: the object of one call on its way past the mutating webhooks, each of which may want it
// in another version of its API.
//
// Its home is the version the call brought it in, and in which its edits are told. What a webhook
// changed elsewhere goes home before it goes on to a third version; what nobody changed there is
// not turned back, so that nothing is lost on the way. Who turns it is the host. One thread.
#pragma once

#include <boost/json.hpp>
#include <limen/cpp/admission.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/admission_webhook/selector.h"
#include "common/admission_webhook/versions.h"

namespace limen::webhooks {

class Mutation {
 public:
  // Of the objects as the call brings them; an absent one: there is nothing to change. Throws
  // std::runtime_error when it cannot be read.
  Mutation(const Node& object, const Node& old_object);

  bool has_object() const { return has_object_; }
  // As it is now, in the version it was turned to last; empty when there is none.
  const std::string& json() const { return away_ ? away_->json : json_; }
  Labels labels() const;
  // The same for objects that differ only in the order of their members. At home only.
  std::string canonical() const;

  // Applies a JSON Patch. True when the object is another one then. Throws PatchError, and nothing
  // has changed.
  bool apply(const boost::json::value& patch);

  // What is to be turned before anybody is asked in a version: the text, into which version.
  struct Turn {
    enum class What { home, away, old_object } what;
    std::string json;
    ObjectVersion to;
  };
  // The next of them; nothing: all is there.
  std::optional<Turn> next_turn(const ObjectVersion& version);
  // The same before the edits are told.
  std::optional<Turn> turn_home();
  // The outcome of one. Throws std::runtime_error when it cannot be read.
  void take(const Turn& turn, const Node& turned);
  // The old object in a version for which all is there; empty: there is none.
  const std::string& old_in(const ObjectVersion& version) const;

  // Tells the host what differs from the object at the beginning. At home only.
  Result<void> tell(Patch patch) const;

 private:
  struct Away {
    ObjectVersion form;
    std::string json;
    boost::json::value value;
    bool changed = false;
  };

  bool has_object_;
  std::string json_;
  boost::json::value original_, current_;
  ObjectVersion home_;
  std::optional<Away> away_;
  std::string old_json_;
  ObjectVersion old_home_;
  std::map<std::string, std::string> olds_;  // by apiVersion
};

}  // namespace limen::webhooks
