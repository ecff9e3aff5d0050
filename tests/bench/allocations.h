// How often the calling thread asked for memory: by malloc, calloc, realloc or operator new,
// whoever did it, libraries and modules too.
#pragma once

#include <cstdint>

namespace limen::bench {

std::uint64_t allocations_of_thread();

}  // namespace limen::bench
