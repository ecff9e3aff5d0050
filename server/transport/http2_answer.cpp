#include "transport/http2_answer.h"

#include <algorithm>
#include <utility>

namespace limen::transport {
namespace {

constexpr std::size_t kCopiedBelow = 8 * 1024;  // as the queue of the connection does

}  // namespace

void Http2Answer::append(std::string_view bytes) {
  text_ += bytes;
  size_ += bytes.size();
}

void Http2Answer::append(BodyPiece piece) {
  if (piece.view.size() < kCopiedBelow) return append(piece.view);
  close_text();
  size_ += piece.view.size();
  pieces_.push_back(std::move(piece));
}

// What has been gathered becomes a piece.
void Http2Answer::close_text() {
  if (text_.size() == text_gone_) {
    text_.clear();
  } else {
    BodyPiece piece(std::exchange(text_, {}));
    piece.view.remove_prefix(text_gone_);
    pieces_.push_back(std::move(piece));
  }
  text_gone_ = 0;
}

void Http2Answer::move_to(OutQueue& out, std::size_t bytes) {
  size_ -= bytes;
  while (bytes > 0) {
    if (first_ == pieces_.size() && text_.size() - text_gone_ >= kCopiedBelow) close_text();
    if (first_ == pieces_.size()) {
      out.append(std::string_view(text_).substr(text_gone_, bytes));
      text_gone_ += bytes;
      break;
    }
    const BodyPiece& front = pieces_[first_];
    const std::size_t taken = std::min(bytes, front.view.size() - offset_);
    out.append(BodyPiece(front.shared, front.view.substr(offset_, taken)));
    bytes -= taken;
    offset_ += taken;
    if (offset_ == front.view.size()) {
      pieces_[first_++] = BodyPiece(nullptr, {});
      offset_ = 0;
    }
  }
  // Of an answer that is never quite out the slots of what has gone must not stay.
  if (first_ == pieces_.size() || (first_ >= 64 && first_ * 2 >= pieces_.size())) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  if (text_gone_ == text_.size()) {
    text_.clear();
    text_gone_ = 0;
  }
}

void Http2Answer::clear() { *this = Http2Answer(); }

}  // namespace limen::transport
