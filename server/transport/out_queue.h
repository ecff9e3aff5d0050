// What a connection has yet to send, before encryption: copied text and shared pieces, in order.
//
// Small writes are gathered into blocks of a TLS record's size; large shared text is referred to
// and not copied. Thread rule: the loop's own thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http.h"

namespace limen::transport {

// The most plain text of one TLS record (RFC 8446 section 5.1).
inline constexpr std::size_t kRecordBytes = 16 * 1024;

class OutQueue {
 public:
  void append(std::string_view bytes);  // copied
  void append(BodyPiece piece);         // copied when small
  void append(std::string&& text);      // copied when small, else moved

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  // The next bytes, at least one when not empty, as they lie in memory. Valid until the next
  // change.
  std::string_view front() const;
  // Drops the first `bytes`, which must be in the queue.
  void pop(std::size_t bytes);
  // Copies up to `room` of the next bytes to `to` and drops them; returns how many.
  std::size_t take(char* to, std::size_t room);

  // Empty again; keeps one block for reuse.
  void clear();

 private:
  struct Piece {
    std::string text;                           // used when `view` is null
    std::shared_ptr<const std::string> shared;  // owns `view`, or null when that is static
    std::string_view view;
    std::string_view bytes() const { return view.data() != nullptr ? view : text; }
  };

  std::vector<Piece> pieces_;
  std::size_t first_ = 0;   // index of the front piece
  std::size_t offset_ = 0;  // bytes of it that are gone
  std::size_t size_ = 0;
  std::string spare_;
};

}  // namespace limen::transport
