// ClientCertificates: what is found out about the certificates clients present, by the files of one
// plugin's config, which are read again when they change.
//
// A connection presents the same chain with every request, so a verdict is kept for a while: a
// minute, or 10 s for a refusal, and never past the end of the chain's validity. Verdicts live and
// die with the reading of the files they rest on: a change bites with the next request, on open
// connections too. Any thread; start() from the plugin's start().
#pragma once

#include <limen/cpp/file_watch.hpp>
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "common/certificates/trust.h"
#include "common/certificates/verdict_cache.h"

namespace limen::plugins {

// The JSON Schema of a config that trust_files_of() reads; `more` are further properties, or empty.
std::string trust_schema(std::string_view more);

// Throws ConfigError when no authority is named.
TrustFiles trust_files_of(Node config);

// For check_config: finds what reading the files would refuse.
void check_trust_files(Node config, Findings& findings);

class ClientCertificates {
 public:
  // Throws ConfigError naming the file that cannot be used.
  ClientCertificates(Host& host, const TrustFiles& files);

  Result<void> start() { return reading_.start(); }

  // The verdict on a chain that is not empty, leaf first; never null.
  VerdictPtr judge(const TextList& presented) const;

 private:
  struct Reading {
    Reading(const TrustFiles& files, const Host& host);
    Trust trust;
    // A cache of its own for refusals, so that bad chains do not drive out good ones.
    std::unique_ptr<VerdictCache> accepted, refused;
  };

  Host& host_;
  Reloaded<Reading> reading_;
};

}  // namespace limen::plugins
