// Cells: one row of a Table while it is written, and the small readings printers share.
//
// A printer (printer.h) appends one value for each of its columns, in order. Readings of what an
// object lacks give empty text, zero or an empty list. Thread rule: one row, one thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "object/document.h"

namespace limen::api {

class Cells {
 public:
  Cells(std::string& out, base::SystemTime now) : out_(out), now_(now) {}
  void text(std::string_view value);
  // `value`, or `otherwise` when it is empty.
  void text_or(std::string_view value, std::string_view otherwise);
  void number(std::int64_t value);
  void boolean(bool value);
  // What has passed since an RFC 3339 time: 5m, or <unknown> when it is no time.
  void since(std::string_view time) { text(elapsed(time)); }
  // Since the object's creation.
  void age(const object::Json& object);
  std::string elapsed(std::string_view time) const;
  base::SystemTime now() const { return now_; }

 private:
  std::string& out_;
  base::SystemTime now_;
};

using Path = std::initializer_list<std::string_view>;

std::string_view text_in(const object::Json& value, Path path);
std::int64_t number_in(const object::Json& value, Path path, std::int64_t otherwise = 0);
bool boolean_in(const object::Json& value, Path path, bool otherwise = false);
std::span<const object::Json> list_in(const object::Json& value, Path path);
// How many members the object (or elements the list) has.
std::int64_t size_in(const object::Json& value, Path path);
// A string or number as its text: quantities and int-or-strings; "" when there is none.
std::string scalar_in(const object::Json& value, Path path);

// "a=b,c=d", sorted by key; "<none>" without any.
std::string labels_text(const object::Json* map);
// A metav1.LabelSelector as kubectl would take it; "<none>" when it selects nothing or all.
std::string selector_text(const object::Json* selector);
// Names and images of the containers of a pod template, joined by commas.
std::string container_names(const object::Json* containers);
std::string container_images(const object::Json* containers);
// The `member` of each element of a list, joined.
std::string joined(std::span<const object::Json> list, std::string_view member,
                   std::string_view separator);
std::string joined_texts(std::span<const object::Json> list, std::string_view separator);
// Up to `most` of the texts joined by commas, then " + N more..." for the rest.
std::string some_of(const std::vector<std::string>& texts, std::size_t most,
                    std::string_view separator = ",");
// The `status` of the condition of that type, or "".
std::string_view condition_status(const object::Json& object, std::string_view type);

}  // namespace limen::api
