// The keys of the maps in limen.yaml that hold more than the single values of options.h.
//
// The readers ask here what they may find, the tests whether every key has its words
// (option_texts.h). Free function; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace limen::config {

enum class Map : std::uint8_t {
  top,                // the whole file, without the options of the top level
  module_entry,       // of authenticators and authorizers
  admission_entry,    // of admission
  storage,            // the one entry
  sni_certificate,    // of secure.sniCertificates
  controllers,        // with its options
  admission_plugins,  // admissionPlugins
};

std::vector<std::string> keys_in(Map map);

}  // namespace limen::config
