// The pages by which an operator changes and looks at the modules of a running server:
//   POST /limen/v1/reload    reads the configuration again; answers what came of it (200, or 422)
//   GET  /limen/v1/modules   the instances in force, those still ending, and the last reload
// They pass every stage like any other request: whoever asks needs the verb post or get on the
// path.
#pragma once

#include "app/access_control.h"
#include "app/reloader.h"
#include "base/task.h"
#include "modules/runtime.h"
#include "request/context.h"

namespace limen::app {

inline constexpr std::string_view kReloadPath = "/limen/v1/reload";
inline constexpr std::string_view kModulesPath = "/limen/v1/modules";

struct ReloadPages {
  Reloader& reloader;
  const modules::Runtime& runtime;

  // Whether the request is for one of the pages.
  static bool handles(const request::RequestInfo& info) {
    return !info.is_resource && (info.path == kReloadPath || info.path == kModulesPath);
  }
  // Answers it, perhaps after a while. What the pages refer to outlives the request.
  base::Task<void> answer(request::RequestContext& context) const;
};

// What GET /limen/v1/modules answers.
boost::json::object module_state(const modules::Runtime& runtime, const Reloader& reloader);

}  // namespace limen::app
