#include "authn/chain.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace limen::authn {

namespace {

bool has_credential(const Credentials& credentials) {
  if (credentials.head != nullptr && !credentials.head->header("Authorization").empty())
    return true;
  return !credentials.bearer_token.empty();
}

// Row A6: everybody who proved who they are belongs to system:authenticated.
void add_authenticated_group(request::Identity& identity) {
  if (identity.name == request::kAnonymousUser) return;
  if (identity.in_group(request::kAuthenticatedGroup) ||
      identity.in_group(request::kUnauthenticatedGroup)) {
    return;
  }
  identity.groups.emplace_back(request::kAuthenticatedGroup);
}

base::Task<Result> nothing_presented() { co_return Result(); }

// The audiences the credential is good for among the wanted ones (row A8); nothing when there are
// wanted ones and it is good for none.
std::optional<std::vector<std::string>> matching_audiences(
    const Credentials& credentials, const Result& result,
    const std::vector<std::string>& api_audiences) {
  if (credentials.audiences.empty()) return result.audiences;
  std::vector<std::string> matching;
  for (const std::string& own : result.audiences.empty() ? api_audiences : result.audiences) {
    const auto& wanted = credentials.audiences;
    if (std::find(wanted.begin(), wanted.end(), own) != wanted.end()) matching.push_back(own);
  }
  if (matching.empty()) return std::nullopt;
  return matching;
}

}  // namespace

Chain::Chain(std::vector<Entry> entries, ChainOptions options)
    : entries_(std::move(entries)), options_(std::move(options)) {
  const bool shares = std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.authenticator->by_token();
  });
  if (shares) successes_ = std::make_shared<SuccessCache>();
}

base::Task<Result> Chain::ask(const Entry& entry, const Credentials& credentials,
                              request::CallScope& scope) const {
  if (!entry.authenticator->by_token()) {
    return entry.authenticator->authenticate(credentials, scope);
  }
  if (credentials.bearer_token.empty()) return nothing_presented();
  return successes_->authenticate(entry.authenticator, credentials, scope);
}

base::Task<Outcome> Chain::authenticate(const Credentials& presented,
                                        request::CallScope& scope) const {
  Credentials credentials = presented;
  if (options_.asks_for_audiences && credentials.audiences.empty()) {
    credentials.audiences = options_.api_audiences;
  }
  Outcome outcome;
  const auto accept = [&](Result& result, const Entry& entry) {
    outcome.authenticated = true;
    outcome.identity = std::move(result.identity);
    outcome.audiences = std::move(result.audiences);
    outcome.by = entry.authenticator->name();
    for (std::string& warning : result.warnings) scope.warnings.push_back(std::move(warning));
    add_authenticated_group(outcome.identity);
  };
  // What a module has to say for the audit log counts for refusals most of all.
  const auto note = [&](Result& result) {
    for (auto& annotation : result.annotations) scope.annotations.push_back(std::move(annotation));
  };
  // Nobody after the one who knows the credential is asked: it is known, and revoked.
  const auto refuse_revoked = [&](const Result& result, const Entry& entry) {
    if (options_.revocations == nullptr) return false;
    const Revocations::ListPtr list = options_.revocations->current();
    if (list->empty()) return false;
    const std::string_view by = list->revoked_by(credential_of(
        credentials, result.identity.name, request::jwt_id_of(result.identity), list->traits()));
    if (by.empty()) return false;
    outcome.errors.push_back(entry.authenticator->name() + ": revoked by its " + std::string(by));
    return true;
  };
  for (const Entry& entry : entries_) {
    if (entry.anonymous) continue;
    Result result = co_await ask(entry, credentials, scope);
    for (std::string& challenge : result.challenges) {
      outcome.challenges.push_back(std::move(challenge));
    }
    note(result);
    if (result.verdict == Verdict::error) {
      outcome.errors.push_back(entry.authenticator->name() + ": " + result.error);
    } else if (result.verdict == Verdict::authenticated && !result.identity.name.empty()) {
      auto audiences = matching_audiences(credentials, result, options_.api_audiences);
      if (!audiences) {
        outcome.errors.push_back(entry.authenticator->name() +
                                 ": the credential is for other audiences");
        continue;
      }
      result.audiences = std::move(*audiences);
      if (!refuse_revoked(result, entry)) accept(result, entry);
      co_return outcome;
    }
  }
  // A credential that was presented and failed is never turned into nobody in particular (row A4).
  // A certificate counts only when a module found fault with it: browsers and proxies send
  // certificates that no authenticator of ours claims.
  if (has_credential(credentials) || !outcome.errors.empty()) co_return outcome;
  for (const Entry& entry : entries_) {
    if (!entry.anonymous) continue;
    Result result = co_await entry.authenticator->authenticate(credentials, scope);
    note(result);
    if (result.verdict == Verdict::authenticated && !result.identity.name.empty()) {
      accept(result, entry);
      co_return outcome;
    }
    if (result.verdict == Verdict::error) {
      outcome.errors.push_back(entry.authenticator->name() + ": " + result.error);
    }
  }
  co_return outcome;
}

}  // namespace limen::authn
