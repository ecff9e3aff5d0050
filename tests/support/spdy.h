// SPDY/3.1 as far as kubectl speaks it to a kubelet: streams with headers, data, pings. The
// server's side, for stand-ins.
//
// One thread. Input that is no SPDY throws std::runtime_error.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace limen::test {

// The words that header blocks are compressed with (SPDY draft 3, section 2.6.10.1).
inline const std::string& spdy_dictionary() {
  static const std::string dictionary = [] {
    static constexpr const char* kWords[] = {"options",
                                             "head",
                                             "post",
                                             "put",
                                             "delete",
                                             "trace",
                                             "accept",
                                             "accept-charset",
                                             "accept-encoding",
                                             "accept-language",
                                             "accept-ranges",
                                             "age",
                                             "allow",
                                             "authorization",
                                             "cache-control",
                                             "connection",
                                             "content-base",
                                             "content-encoding",
                                             "content-language",
                                             "content-length",
                                             "content-location",
                                             "content-md5",
                                             "content-range",
                                             "content-type",
                                             "date",
                                             "etag",
                                             "expect",
                                             "expires",
                                             "from",
                                             "host",
                                             "if-match",
                                             "if-modified-since",
                                             "if-none-match",
                                             "if-range",
                                             "if-unmodified-since",
                                             "last-modified",
                                             "location",
                                             "max-forwards",
                                             "pragma",
                                             "proxy-authenticate",
                                             "proxy-authorization",
                                             "range",
                                             "referer",
                                             "retry-after",
                                             "server",
                                             "te",
                                             "trailer",
                                             "transfer-encoding",
                                             "upgrade",
                                             "user-agent",
                                             "vary",
                                             "via",
                                             "warning",
                                             "www-authenticate",
                                             "method",
                                             "get",
                                             "status",
                                             "200 OK",
                                             "version",
                                             "HTTP/1.1",
                                             "url",
                                             "public",
                                             "set-cookie",
                                             "keep-alive",
                                             "origin"};
    std::string text;
    for (const std::string word : kWords) {
      text += std::string(3, '\0') + static_cast<char>(word.size()) + word;
    }
    return text +
           "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504"
           "505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad "
           "Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not "
           "Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec "
           "00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,"
           "image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,public"
           "privatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";
  }();
  return dictionary;
}

class SpdySession {
 public:
  using Headers = std::map<std::string, std::string>;

  // Called for what the client does; a stream's id tells it apart.
  std::function<void(std::uint32_t id, const Headers& headers)> on_stream;
  std::function<void(std::uint32_t id, std::string_view data)> on_data;
  std::function<void(std::uint32_t id)> on_end;  // the client sends no more on it, or resets it

  explicit SpdySession(std::function<void(std::string_view)> send) : send_(std::move(send)) {
    if (inflateInit(&in_) != Z_OK || deflateInit(&out_, Z_BEST_SPEED) != Z_OK) {
      throw std::runtime_error("no memory for zlib");
    }
    const std::string& words = spdy_dictionary();
    deflateSetDictionary(&out_, reinterpret_cast<const Bytef*>(words.data()),
                         static_cast<uInt>(words.size()));
  }
  ~SpdySession() {
    inflateEnd(&in_);
    deflateEnd(&out_);
  }
  SpdySession(const SpdySession&) = delete;
  SpdySession& operator=(const SpdySession&) = delete;

  void feed(std::string_view bytes) {
    input_ += bytes;
    while (input_.size() >= 8) {
      const std::size_t size = number(input_, 5, 3);
      if (input_.size() < 8 + size) return;
      const std::string frame = input_.substr(0, 8 + size);
      input_.erase(0, 8 + size);
      take(frame);
    }
  }

  void send(std::uint32_t id, std::string_view data, bool last = false) {
    do {
      const std::string_view part = data.substr(0, 16 * 1024);
      data.remove_prefix(part.size());
      std::string frame = text(id, 4);
      frame += static_cast<char>(last && data.empty() ? 1 : 0);
      frame += text(part.size(), 3);
      send_(frame += part);
    } while (!data.empty());
  }
  void end(std::uint32_t id) { send(id, {}, true); }

 private:
  static std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
    }
    return value;
  }
  static std::string text(std::uint64_t value, unsigned size) {
    std::string bytes;
    for (unsigned i = size; i-- > 0;) bytes += static_cast<char>((value >> (8U * i)) & 0xFFU);
    return bytes;
  }
  void send_control(unsigned type, const std::string& body) {
    send_("\x80\x03" + text(type, 2) + std::string(1, '\0') + text(body.size(), 3) + body);
  }

  void take(const std::string& frame) {
    constexpr unsigned kSynStream = 1, kRstStream = 3, kPing = 6;
    const bool last = (static_cast<unsigned char>(frame[4]) & 1U) != 0;
    if ((static_cast<unsigned char>(frame[0]) & 0x80U) == 0) {
      const std::uint32_t id = number(frame, 0, 4);
      if (frame.size() > 8 && on_data) on_data(id, std::string_view(frame).substr(8));
      if (last && on_end) on_end(id);
      return;
    }
    switch (number(frame, 2, 2)) {
      case kSynStream: {
        const std::uint32_t id = number(frame, 8, 4);
        const Headers headers = read_headers(std::string_view(frame).substr(18));
        send_control(2, text(id, 4) + no_headers());
        if (on_stream) on_stream(id, headers);
        if (last && on_end) on_end(id);
        return;
      }
      case kRstStream:
        if (on_end) on_end(number(frame, 8, 4));
        return;
      case kPing:
        return send_control(kPing, frame.substr(8, 4));
      default:
        return;
    }
  }

  Headers read_headers(std::string_view block) {
    std::string plain;
    char room[4096];
    in_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
    in_.avail_in = static_cast<uInt>(block.size());
    do {
      in_.next_out = reinterpret_cast<Bytef*>(room);
      in_.avail_out = sizeof room;
      int result = inflate(&in_, Z_SYNC_FLUSH);
      if (result == Z_NEED_DICT) {
        const std::string& words = spdy_dictionary();
        inflateSetDictionary(&in_, reinterpret_cast<const Bytef*>(words.data()),
                             static_cast<uInt>(words.size()));
        result = inflate(&in_, Z_SYNC_FLUSH);
      }
      if (result != Z_OK && result != Z_BUF_ERROR) throw std::runtime_error("not SPDY's headers");
      plain.append(room, sizeof room - in_.avail_out);
    } while (in_.avail_in > 0 || in_.avail_out == 0);
    Headers headers;
    std::size_t at = 4;
    const auto next = [&] {
      if (at + 4 > plain.size()) throw std::runtime_error("cut headers");
      const std::size_t size = number(plain, at, 4);
      at += 4 + size;
      return plain.substr(at - size, size);
    };
    for (std::uint32_t left = number(plain, 0, 4); left > 0; --left) {
      const std::string name = next();
      headers[name] = next();
    }
    return headers;
  }

  std::string no_headers() {
    std::string plain(4, '\0');
    char room[256];
    out_.next_in = reinterpret_cast<Bytef*>(plain.data());
    out_.avail_in = 4;
    out_.next_out = reinterpret_cast<Bytef*>(room);
    out_.avail_out = sizeof room;
    deflate(&out_, Z_SYNC_FLUSH);
    return std::string(room, sizeof room - out_.avail_out);
  }

  std::function<void(std::string_view)> send_;
  std::string input_;
  z_stream in_{};
  z_stream out_{};
};

}  // namespace limen::test
