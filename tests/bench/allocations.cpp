#include "allocations.h"

#include <cstddef>

// glibc's own functions, in front of which ours stand for the whole program. Memory from them is
// free()d as ever.
extern "C" {
void* __libc_malloc(std::size_t size);                     // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* old, std::size_t size);         // NOLINT(bugprone-reserved-identifier)
}

namespace {
thread_local std::uint64_t count;
}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  ++count;
  return __libc_malloc(size);
}

void* calloc(std::size_t elements, std::size_t size) {
  ++count;
  return __libc_calloc(elements, size);
}

void* realloc(void* old, std::size_t size) {
  ++count;
  return __libc_realloc(old, size);
}
}

namespace limen::bench {

std::uint64_t allocations_of_thread() { return count; }

}  // namespace limen::bench
