#include "modules/arena.h"

#include <openssl/crypto.h>

namespace limen::modules {

void* Arena::take_block(std::size_t bytes) {
  blocks_.push_back({std::make_unique<char[]>(bytes), bytes});
  return blocks_.back().bytes.get();
}

void Arena::clear(bool wipe) {
  if (wipe && used_ > 0) OPENSSL_cleanse(inline_, used_);
  used_ = 0;
  for (const Block& block : blocks_) {
    if (wipe) OPENSSL_cleanse(block.bytes.get(), block.size);
  }
  blocks_.clear();
}

}  // namespace limen::modules
