// What is going on in the queues, as text for people: the pages below
// /debug/api_priority_and_fairness/, in kube-apiserver's columns.
//
// Whoever may read them learns names of users and paths of requests. Thread rule: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fairness/fairness.h"

namespace limen::fairness {

// The text of a page; nothing for a path that is none. `with_details`: dump_requests tells whose
// requests they are and what for.
std::optional<std::string> dump_page(const Fairness& fairness, std::string_view path,
                                     bool with_details);

}  // namespace limen::fairness
