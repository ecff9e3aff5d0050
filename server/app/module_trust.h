// What a config demands of the files of its modules: for `limen check` and `limen modules list`.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "modules/module_spec.h"

namespace limen::app {

// "path", which every file has to pass, or what is demanded beside it: "sha256", "signed by acme".
std::string trust_text(const modules::Pins& pins);
// {"sha256": "3f79..." or null, "signedBy": "acme" or null}
boost::json::object trust_json(const modules::Pins& pins);

// "23 files, 1 by SHA-256, 2 by signature"
std::string trust_summary(const modules::GenerationSpec& spec, const modules::ModuleSpec& store);

}  // namespace limen::app
