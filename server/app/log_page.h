// /debug/flags/v: the levels of the log, read and changed while the server runs.
//
// GET tells them: the level of all in the first line, then SOURCE=LEVEL lines. PUT changes what its
// body names, parted by commas or line breaks: LEVEL is for all, SOURCE=LEVEL for a room of the
// server or module/NAME, SOURCE= takes a source's own level away. A number means what it means to
// kube-apiserver: debug from 4 on, else info. What was changed lasts until the configuration is
// read again. The path passes authentication and authorization like any other (verbs get and put on
// the non-resource URL).
#pragma once

#include <string>
#include <string_view>

#include "base/task.h"
#include "observability/log.h"
#include "request/context.h"

namespace limen::app {

inline constexpr std::string_view kLogPage = "/debug/flags/v";

// The levels as GET tells them.
std::string levels_text(const log::Levels& levels);
// Changes `levels` as a PUT with this body does. Returns what is wrong with it, and then `levels`
// is not to be used; empty: nothing.
std::string change_levels(log::Levels& levels, std::string_view body);

// Answers a request for that page.
base::Task<void> answer_log_page(request::RequestContext& context);

}  // namespace limen::app
