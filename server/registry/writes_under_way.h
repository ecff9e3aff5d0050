// WritesUnderWay: which writes have been let through admission, or are about to be, and are not yet
// stored or given up.
//
// Some admission controllers keep account of objects before they are stored. Who compares such an
// account with what is stored reads the account first, waits for the writes that were under way by
// then, and looks at what is stored only after that: then the account and the objects tell of the
// same writes. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace limen::registry {

class WritesUnderWay {
 public:
  // A write, until it is destroyed.
  class Token {
   public:
    Token() = default;
    Token(Token&& other) noexcept
        : writes_(std::exchange(other.writes_, nullptr)),
          ns_(std::move(other.ns_)),
          number_(other.number_) {}
    Token& operator=(Token&& other) noexcept {
      std::swap(writes_, other.writes_);
      std::swap(ns_, other.ns_);
      std::swap(number_, other.number_);
      return *this;
    }
    ~Token() {
      if (writes_ != nullptr) writes_->end(ns_, number_);
    }
    explicit operator bool() const { return writes_ != nullptr; }

   private:
    friend class WritesUnderWay;
    WritesUnderWay* writes_ = nullptr;
    std::string ns_;
    std::uint64_t number_ = 0;
  };

  // The tokens go before this does.
  Token begin(std::string_view ns);
  // For ended(): all writes that have begun by now.
  std::uint64_t mark() const;
  // True when no write to `ns` is under way that had begun by `mark`.
  bool ended(std::string_view ns, std::uint64_t mark) const;

 private:
  void end(const std::string& ns, std::uint64_t number);

  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::map<std::string, std::set<std::uint64_t>, std::less<>> open_;  // by namespace
};

// Those of this process, whatever configuration their requests began with.
WritesUnderWay& writes_under_way();

}  // namespace limen::registry
