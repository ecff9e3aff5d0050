#include "transport/out_queue.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace limen::transport {
namespace {

constexpr std::size_t kCopiedBelow = 8 * 1024;  // copying costs less than a piece of its own
constexpr std::size_t kSpareKept = 2 * kRecordBytes;

}  // namespace

void OutQueue::append(std::string_view bytes) {
  if (bytes.empty()) return;
  const bool joins = pieces_.size() > first_ && pieces_.back().view.data() == nullptr &&
                     pieces_.back().text.size() + bytes.size() <= kRecordBytes;
  if (!joins) {
    Piece& piece = pieces_.emplace_back();
    piece.text = std::move(spare_);
    piece.text.clear();
    spare_ = std::string();
  }
  pieces_.back().text += bytes;
  size_ += bytes.size();
}

void OutQueue::append(BodyPiece piece) {
  if (piece.view.size() < kCopiedBelow) return append(piece.view);
  size_ += piece.view.size();
  Piece& added = pieces_.emplace_back();
  added.shared = std::move(piece.shared);
  added.view = piece.view;
}

void OutQueue::append(std::string&& text) {
  if (text.size() < kCopiedBelow) return append(std::string_view(text));
  size_ += text.size();
  pieces_.emplace_back().text = std::move(text);
}

std::string_view OutQueue::front() const {
  if (size_ == 0) return {};
  return pieces_[first_].bytes().substr(offset_);
}

void OutQueue::pop(std::size_t bytes) {
  size_ -= bytes;
  if (size_ == 0) return clear();
  while (bytes > 0) {
    const std::size_t left = pieces_[first_].bytes().size() - offset_;
    if (bytes < left) {
      offset_ += bytes;
      return;
    }
    bytes -= left;
    offset_ = 0;
    pieces_[first_++] = Piece();
  }
  // A queue that is never quite empty must not keep the slots of what it has sent.
  if (first_ >= 64 && first_ * 2 >= pieces_.size()) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

std::size_t OutQueue::take(char* to, std::size_t room) {
  std::size_t taken = 0;
  while (taken < room && !empty()) {
    const std::string_view next = front().substr(0, room - taken);
    std::memcpy(to + taken, next.data(), next.size());
    taken += next.size();
    pop(next.size());
  }
  return taken;
}

void OutQueue::clear() {
  for (Piece& piece : pieces_) {
    if (piece.text.capacity() > spare_.capacity() && piece.text.capacity() <= kSpareKept) {
      spare_ = std::move(piece.text);
    }
  }
  pieces_.clear();
  first_ = 0;
  offset_ = 0;
  size_ = 0;
}

}  // namespace limen::transport
