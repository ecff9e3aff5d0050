// Verifier: comparisons with slow hashes, few at a time.
//
// A hash takes as much processor time as its operator chose, for whoever asks: so no more than
// `threads` comparisons run at once, no more than kMaxWaiting wait, and no more than
// kMaxWaitingOfSource of them come from one address. Requests with the same credential share one
// comparison. A success is remembered for a while under an HMAC, so that a client which
// sends its password with every request pays once. Any thread; stop() ends it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limen/cpp/host.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/digest.h"

namespace limen::plugins {

class Verifier {
 public:
  static constexpr std::size_t kMaxWaiting = 256;
  static constexpr std::size_t kMaxWaitingOfSource = 16;
  static constexpr std::size_t kMaxRemembered = 4096;

  enum class Answer { right, wrong, too_busy };
  using Told = std::function<void(Answer)>;

  Verifier(Host& host, std::size_t threads, std::int64_t remember_seconds)
      : host_(host), threads_(threads), remember_seconds_(remember_seconds) {}

  // What a user and password, of one reading of the file, are known by here.
  Digest key_of(const std::string& user, const std::string& password) const;
  // True when this very credential was right not long ago.
  bool remembers(const Digest& key);
  // Runs `compare` on a worker and tells whether it returned true; `told` may be called at once.
  void verify(const Digest& key, const std::string& source, std::function<bool()> compare,
              Told told);
  // What was remembered belongs to a file that is no more. Comparisons under way are not
  // remembered.
  void forget();

 private:
  struct Work {
    Digest key;
    std::string source;
    std::function<bool()> compare;
    std::vector<Told> told;
    std::uint64_t epoch = 0;
  };
  using WorkPtr = std::shared_ptr<Work>;

  bool join_or_queue(const Digest& key, const std::string& source, std::function<bool()>& compare,
                     Told& told);
  void run_next();
  void finish(const WorkPtr& work, bool right);
  void remember(const Digest& key);

  Host& host_;
  const std::size_t threads_;
  const std::int64_t remember_seconds_;
  const KeyedDigest digest_;
  std::mutex mutex_;
  std::deque<WorkPtr> waiting_;
  std::unordered_map<Digest, WorkPtr, DigestHash> open_;  // waiting and running
  std::unordered_map<std::string, std::size_t> waiting_of_;
  std::unordered_map<Digest, std::int64_t, DigestHash> right_until_;
  std::size_t running_ = 0;
  std::uint64_t epoch_ = 0;
};

}  // namespace limen::plugins
