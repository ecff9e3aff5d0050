// QuotaValue: a stored object as the SDK's reckoning of quotas reads it
// (limen/cpp/quota_usage.hpp).
//
// Borrows the document. What is not there is an absent value, whose getters give the default. Any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/document.h"

namespace limen::controllers {

class QuotaValue {
 public:
  QuotaValue() = default;
  explicit QuotaValue(const object::Json* json) : json_(json) {}

  explicit operator bool() const { return json_ != nullptr; }
  bool is_object() const { return json_ != nullptr && json_->is_object(); }

  QuotaValue operator[](std::string_view key) const {
    return QuotaValue(is_object() ? json_->get_object().if_contains(key) : nullptr);
  }
  // A JSON pointer (RFC 6901).
  QuotaValue at(std::string_view pointer) const {
    boost::system::error_code error;
    return QuotaValue(json_ == nullptr ? nullptr : json_->find_pointer(pointer, error));
  }
  std::size_t size() const {
    if (is_object()) return json_->get_object().size();
    return json_ != nullptr && json_->is_array() ? json_->get_array().size() : 0;
  }

  std::optional<std::string_view> as_string() const {
    if (json_ == nullptr || !json_->is_string()) return std::nullopt;
    return std::string_view(json_->get_string().data(), json_->get_string().size());
  }
  std::optional<std::int64_t> as_int() const {
    if (json_ == nullptr || !json_->is_int64()) return std::nullopt;
    return json_->get_int64();
  }
  std::optional<bool> as_bool() const {
    if (json_ == nullptr || !json_->is_bool()) return std::nullopt;
    return json_->get_bool();
  }
  std::string_view view_or(std::string_view other) const { return as_string().value_or(other); }
  std::string string_or(std::string_view other) const { return std::string(view_or(other)); }
  std::int64_t int_or(std::int64_t other) const { return as_int().value_or(other); }
  // The strings of an array of strings.
  std::vector<std::string> strings() const;
  std::string to_json() const {
    return json_ == nullptr ? std::string() : boost::json::serialize(*json_);
  }

  // Range-for over an array or object; `key` is empty for arrays.
  struct Item;
  class Iterator;
  Iterator begin() const;
  Iterator end() const;

 private:
  const object::Json* json_ = nullptr;  // null: absent
};

struct QuotaValue::Item {
  std::string_view key;
  QuotaValue value;
};

class QuotaValue::Iterator {
 public:
  Iterator(const object::Json* json, std::size_t index) : json_(json), index_(index) {}
  Item operator*() const {
    if (json_->is_array()) return {{}, QuotaValue(&json_->get_array()[index_])};
    const auto& one = *(json_->get_object().begin() + static_cast<std::ptrdiff_t>(index_));
    return {{one.key().data(), one.key().size()}, QuotaValue(&one.value())};
  }
  Iterator& operator++() {
    ++index_;
    return *this;
  }
  bool operator==(const Iterator& other) const { return index_ == other.index_; }

 private:
  const object::Json* json_;
  std::size_t index_;
};

inline QuotaValue::Iterator QuotaValue::begin() const { return {json_, 0}; }
inline QuotaValue::Iterator QuotaValue::end() const { return {json_, size()}; }

inline std::vector<std::string> QuotaValue::strings() const {
  std::vector<std::string> out;
  for (const Item& one : *this) {
    if (const auto text = one.value.as_string()) out.emplace_back(*text);
  }
  return out;
}

}  // namespace limen::controllers
