#include "isolation/peer.h"

#include <future>

#include "object/decode.h"
#include "observability/log.h"

namespace limen::isolation {

namespace {

// Header values and certificates are bytes; they travel as they are.
boost::json::parse_options parsing() {
  boost::json::parse_options options;
  options.max_depth = object::kMaxDepth + 8;  // a message holds objects
  options.allow_invalid_utf8 = true;
  return options;
}

Message gone(const std::string& why) {
  Message out;
  out["gone"] = why;
  return out;
}

}  // namespace

Peer::Peer(int socket, OnRequest on_request, std::function<void()> on_end)
    : on_request_(std::move(on_request)),
      on_end_(std::move(on_end)),
      channel_(
          socket, [this](std::string_view text) { receive(text); },
          [this] { end("the module's process has ended"); }) {}

void Peer::ask(std::uint64_t id, Message request, OnAnswer on_answer) {
  request["id"] = id;
  bool there = false;
  {
    const std::lock_guard lock(mutex_);
    there = !gone_;
    if (there) open_.emplace(id, std::move(on_answer));
  }
  if (!there) {
    Message none = gone("the module's process has ended");
    return on_answer(none);
  }
  if (channel_.send(boost::json::serialize(request))) return;
  if (const OnAnswer answer = take(id)) {
    Message none = gone("the module's process takes no more questions");
    answer(none);
  }
}

Message Peer::ask_and_wait(std::uint64_t id, Message request) {
  const auto answer = std::make_shared<std::promise<Message>>();
  std::future<Message> future = answer->get_future();
  ask(id, std::move(request),
      [answer](Message& message) { answer->set_value(std::move(message)); });
  return future.get();
}

bool Peer::tell(const Message& message) { return channel_.send(boost::json::serialize(message)); }

void Peer::answer(std::uint64_t id, Message answer) {
  if (id == 0) return;
  answer["re"] = id;
  if (channel_.send(boost::json::serialize(answer))) return;
  Message failed;
  failed["re"] = id;
  failed["gone"] = "the answer is too large";
  channel_.send(boost::json::serialize(failed));
}

bool Peer::open(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  return open_.contains(id);
}

std::size_t Peer::open_count() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

Peer::OnAnswer Peer::take(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(id);
  if (found == open_.end()) return nullptr;
  OnAnswer out = std::move(found->second);
  open_.erase(found);
  return out;
}

void Peer::receive(std::string_view text) {
  static const boost::json::parse_options options = parsing();
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(text, error, {}, options);
  if (error || !value.is_object()) {
    log::warn("a message between server and module process is not JSON; it is dropped");
    return;
  }
  Message& message = value.get_object();
  const std::int64_t answered = number_of(message, "re");
  if (answered > 0) {
    // An answer that nobody waits for any more, or a made-up number, is nothing.
    if (const OnAnswer answer = take(static_cast<std::uint64_t>(answered))) answer(message);
    return;
  }
  const std::int64_t id = number_of(message, "id");
  on_request_(id > 0 ? static_cast<std::uint64_t>(id) : 0, message);
}

void Peer::end(const std::string& why) {
  std::map<std::uint64_t, OnAnswer> open;
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    open.swap(open_);
  }
  for (const auto& [id, answer] : open) {
    Message none = gone(why);
    answer(none);
  }
  on_end_();
}

std::string text_of(const Message& message, std::string_view key) {
  const auto* value = message.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

std::int64_t number_of(const Message& message, std::string_view key) {
  const auto* value = message.if_contains(key);
  if (value == nullptr) return 0;
  if (value->is_int64()) return value->get_int64();
  // The parser reads what does not fit into int64 as uint64; no number here is that large.
  return 0;
}

bool flag_of(const Message& message, std::string_view key) {
  const auto* value = message.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace limen::isolation
