// What must hold of rbac and abac whatever the policy: each function draws a policy and questions
// from the choices and returns what contradicts it; an empty text when nothing does. Asked by unit
// tests from seeds and by a fuzzer.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/abac_file.h"
#include "support/abac_model.h"
#include "support/authz_generator.h"

namespace limen::test {

inline constexpr int kQuestionsAWorld = 24;

// ---- rbac

// An object that is written, or that goes.
struct RbacEvent {
  Json object;
  bool gone = false;
  std::string key() const {
    return text_at(object, "/kind") + " " + text_at(object, "/metadata/namespace") + " " +
           text_at(object, "/metadata/name");
  }
};

inline void tell(testkit::FakeHost& host, const RbacEvent& event) {
  const std::string resource = resource_of(event.object);
  if (event.gone) {
    host.remove(kRbacGroup, resource, text_at(event.object, "/metadata/namespace"),
                text_at(event.object, "/metadata/name"));
  } else {
    host.put(kRbacGroup, resource, event.object);
  }
}

// Objects that come, change, go and come back.
inline std::vector<RbacEvent> make_events(Choices& choices) {
  std::vector<RbacEvent> events;
  for (std::size_t i = choices.pick(32) + 4; i > 0; --i) {
    RbacEvent event{choices.one_in(2) ? make_any_role(choices) : make_any_binding(choices)};
    event.gone = choices.one_in(5);
    events.push_back(std::move(event));
  }
  return events;
}

// The same events as another watcher may see them: those of one object in their order, those of
// different objects in any.
inline std::vector<RbacEvent> interleaved(Choices& choices, const std::vector<RbacEvent>& events) {
  std::map<std::string, std::vector<RbacEvent>> histories;
  for (auto event = events.rbegin(); event != events.rend(); ++event)
    histories[event->key()].push_back(*event);
  std::vector<RbacEvent> mixed;
  while (!histories.empty()) {
    const auto chosen =
        std::next(histories.begin(), static_cast<std::ptrdiff_t>(choices.pick(histories.size())));
    mixed.push_back(chosen->second.back());
    chosen->second.pop_back();
    if (chosen->second.empty()) histories.erase(chosen);
  }
  return mixed;
}

// The rules listed for a user, in no order.
inline std::multiset<std::string> listed(testkit::Instance& rbac, const testkit::UserInfo& user,
                                         const std::string& ns) {
  std::multiset<std::string> rules;
  for (const testkit::Reply::Rule& rule : rbac.rules_for(user, ns).rules) {
    rules.insert(
        boost::json::serialize(boost::json::value_from(std::vector<std::vector<std::string>>{
            rule.verbs, rule.api_groups, rule.resources, rule.resource_names, rule.urls})));
  }
  return rules;
}

// The model, an instance that saw every event, one that saw them in another order, and one that
// started when all had happened.
inline std::string rbac_decides_alike_in_any_order(const testkit::Module& module,
                                                   Choices& choices) {
  const std::vector<RbacEvent> events = make_events(choices);
  RbacModel model;
  testkit::Instance first(module);
  testkit::Instance second(module);
  for (const RbacEvent& event : events) {
    tell(first.host(), event);
    event.gone ? model.remove(event.object) : model.put(event.object);
  }
  for (const RbacEvent& event : interleaved(choices, events)) tell(second.host(), event);
  testkit::Instance late(module, {.prepare = [&](testkit::FakeHost& host) {
                           for (const Json& object : model.objects()) tell(host, {object});
                         }});
  for (int i = 0; i < kQuestionsAWorld; ++i) {
    const Action action = make_action(choices);
    const int verdict = model.allows(action) ? LIMEN_ALLOW : LIMEN_VERDICT_NO_OPINION;
    for (testkit::Instance* one : {&first, &second, &late})
      if (one->authorize(action).verdict != verdict)
        return "decided otherwise: " + describe(action);
    const auto rules = listed(first, action.user, action.ns);
    for (testkit::Instance* one : {&second, &late}) {
      if (listed(*one, action.user, action.ns) != rules)
        return "listed otherwise: " + action.user.name + " in " + action.ns;
    }
  }
  return {};
}

// More of something that is there: one more rule in a role, one more subject in a binding.
inline Json with_more(Choices& choices, Json object) {
  const bool cluster = text_at(object, "/kind") == "ClusterRole";
  const bool role = object.as_object().contains("rules");
  const std::string text =
      role ? make_rule_text(choices, cluster && choices.one_in(3)) : make_subject_text(choices);
  object.at(role ? "rules" : "subjects").as_array().push_back(boost::json::parse(text));
  return object;
}

// Rights are only added: what one more rule, subject, role or binding allows, it allows beside.
inline std::string rbac_never_takes_away_by_adding(const testkit::Module& module,
                                                   Choices& choices) {
  testkit::Instance rbac(module);
  std::map<std::string, Json> objects;
  std::vector<Action> allowed;
  for (std::size_t step = choices.pick(8) + 8; step > 0; --step) {
    RbacEvent event{choices.one_in(2) ? make_any_role(choices) : make_any_binding(choices)};
    const auto there = objects.find(event.key());
    if (there != objects.end()) event.object = with_more(choices, there->second);
    objects[event.key()] = event.object;
    tell(rbac.host(), event);
    for (const Action& action : allowed) {
      if (rbac.authorize(action).verdict != LIMEN_ALLOW) {
        return "no longer: " + describe(action) + "\nsince " + boost::json::serialize(event.object);
      }
    }
    for (int i = 0; i < kQuestionsAWorld / 4; ++i) {
      Action action = make_action(choices);
      if (rbac.authorize(action).verdict == LIMEN_ALLOW) allowed.push_back(std::move(action));
    }
  }
  return {};
}

// ---- abac

inline std::vector<std::string> make_policy_lines(Choices& choices) {
  std::vector<std::string> lines;
  for (std::size_t i = choices.pick(6); i > 0; --i) lines.push_back(make_policy_line(choices));
  return lines;
}

// The model, an instance over the lines, and one over the same lines from the last to the first.
inline std::string abac_decides_alike_in_any_order(const testkit::Module& module,
                                                   Choices& choices) {
  const std::vector<std::string> lines = make_policy_lines(choices);
  const AbacModel model(lines);
  AbacFile first(module, lines);
  AbacFile second(module, {lines.rbegin(), lines.rend()});
  for (int i = 0; i < kQuestionsAWorld; ++i) {
    const Action action = make_action(choices);
    const int verdict = model.allows(action) ? LIMEN_ALLOW : LIMEN_VERDICT_NO_OPINION;
    for (AbacFile* one : {&first, &second})
      if (one->authorize(action).verdict != verdict)
        return "decided otherwise: " + describe(action);
  }
  return {};
}

inline std::string abac_never_takes_away_by_adding(const testkit::Module& module,
                                                   Choices& choices) {
  std::vector<std::string> lines = make_policy_lines(choices);
  AbacFile before(module, lines);
  const std::string added = make_policy_line(choices);
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(choices.pick(lines.size() + 1)), added);
  AbacFile after(module, lines);
  for (int i = 0; i < kQuestionsAWorld; ++i) {
    const Action action = make_action(choices);
    if (before.authorize(action).verdict == LIMEN_ALLOW &&
        after.authorize(action).verdict != LIMEN_ALLOW)
      return "no longer: " + describe(action) + "\nsince " + added;
  }
  return {};
}

}  // namespace limen::test
