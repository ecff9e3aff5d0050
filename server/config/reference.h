// The keys of limen.yaml as documentation shows them: type, bounds and default from the table the
// reader follows (options.h), words from option_texts.h.
//
// Free functions without state; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/option_texts.h"

namespace limen::config {

struct KeyReference {
  const KeyText* text = nullptr;
  bool section = false;  // holds the keys that follow it, and has no value of its own
  std::string type;    // "whole number", "duration", "true or false", "text", "list of texts", ...
  std::string bounds;  // "1 to 65535"; empty: none
  std::string fallback;           // the default as YAML; empty: nothing is given
  std::string_view shipped = {};  // see OtherKey
};

// Every key, in the order of the file. A key without words, or words without a key, is an error of
// the program: std::logic_error that names it.
std::vector<KeyReference> key_reference();
// The keys of an entry in a list of modules and of a certificate, likewise ("entry.name", ...).
std::vector<KeyReference> entry_reference();

// One line on a key for somebody who got it wrong: "whole number, 1 to 65535; default 6443". Empty
// for a path that is no key with one value. `path` may be one of an entry:
// "authenticators[2].mode".
std::string key_hint(std::string_view path);

// conf/limen.yaml: every option with its default and its words.
std::string shipped_configuration();

}  // namespace limen::config
