// What every key of limen.yaml is for, in the words that operators read.
//
// Types, bounds and defaults stand where the reader has them (options.cpp); here is the rest: a
// sentence or two, the unit, the flag that wins over the key, an example where the default is
// nothing. limen.yaml(5) and conf/limen.yaml are made from both, and a test finds a key that one of
// them does not know. Constant data; any thread.
#pragma once

#include <span>
#include <string_view>

namespace limen::config {

struct KeyText {
  // "secure.port"; a name without a dot stands at the top level: an option, a section, a list.
  std::string_view path;
  std::string_view text;          // ASCII, without line breaks
  std::string_view unit = {};     // of a number, when the name does not say it
  std::string_view flag = {};     // "--secure-port"
  std::string_view example = {};  // YAML behind the key, shown as a comment when nothing is given
};

// In the order of the file: a section is followed by its keys.
std::span<const KeyText> key_texts();

// A key whose value is no single one and that options.cpp therefore does not list.
struct OtherKey {
  std::string_view path;  // of an entry's key: "entry.name"; of a certificate's: "sni.certFile"
  std::string_view type;
  std::string_view fallback;  // its default, in words or in YAML
  // What stands behind the key in conf/limen.yaml: lines of YAML, or one value.
  std::string_view shipped;
};
std::span<const OtherKey> other_keys();

// The keys of one entry in a list of modules, and of storage; the keys of one of
// secure.sniCertificates. Their paths begin with "entry." and "sni.".
std::span<const KeyText> entry_texts();

}  // namespace limen::config
