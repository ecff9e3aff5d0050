#include "api/gzip.h"

#include <zlib.h>

#include <stdexcept>

namespace limen::api {

namespace {
constexpr int kLevel = 1;
constexpr int kGzipWindow = 15 + 16;  // the largest window, with a gzip header
constexpr int kMemory = 8;
constexpr std::size_t kStep = 64 * 1024;
}  // namespace

struct Gzip::Stream {
  z_stream z{};
};

Gzip::Gzip() : stream_(new Stream) {
  if (deflateInit2(&stream_->z, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    delete stream_;
    throw std::runtime_error("zlib cannot start");
  }
}

Gzip::~Gzip() {
  deflateEnd(&stream_->z);
  delete stream_;
}

void Gzip::run(int flush) {
  z_stream& z = stream_->z;
  int result = Z_OK;
  do {
    const std::size_t used = out_.size();
    out_.resize(used + kStep);
    z.next_out = reinterpret_cast<Bytef*>(out_.data() + used);
    z.avail_out = static_cast<uInt>(kStep);
    result = deflate(&z, flush);
    out_.resize(used + kStep - z.avail_out);
  } while (z.avail_out == 0 || (flush == Z_FINISH && result == Z_OK));
}

void Gzip::add(std::string_view bytes) {
  z_stream& z = stream_->z;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  run(Z_NO_FLUSH);
}

std::string Gzip::finish() {
  stream_->z.avail_in = 0;
  run(Z_FINISH);
  return std::move(out_);
}

}  // namespace limen::api
