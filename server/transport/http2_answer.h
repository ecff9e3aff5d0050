// The part of an answer's body that waits for the client to open its window.
//
// Shared text is referred to and not copied, small writes are gathered. Thread rule: the loop's own
// thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http.h"
#include "transport/out_queue.h"

namespace limen::transport {

class Http2Answer {
 public:
  void append(std::string_view bytes);  // copied
  void append(BodyPiece piece);

  std::size_t size() const { return size_; }
  // Hands the first `bytes`, which must be there, to `out`.
  void move_to(OutQueue& out, std::size_t bytes);
  void clear();

 private:
  void close_text();

  std::vector<BodyPiece> pieces_;
  std::size_t first_ = 0;   // index of the front piece
  std::size_t offset_ = 0;  // bytes of it that are gone
  std::string text_;        // behind all pieces
  std::size_t text_gone_ = 0;
  std::size_t size_ = 0;
};

}  // namespace limen::transport
