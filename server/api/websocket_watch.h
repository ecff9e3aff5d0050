// A watch over a WebSocket (row M6): each event is a message of its own.
//
// What the client sends is read and dropped; its close frame, or its end, ends the watch. Of
// subprotocols, one may be offered beside those that bear a token, and is then answered. Thread
// rule: the request's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "transport/http.h"

namespace limen::api {

// How events lie in what is written to the stream.
enum class EventForm : std::uint8_t {
  lines,     // JSON, a line each: text messages
  prefixed,  // protobuf, each after its length in four bytes: binary messages
};

// Throws ApiError 400 when the request, which asks for a WebSocket, cannot have one.
void check_websocket_watch(const transport::Exchange& exchange);

// Answers 101 with the head's fields. What is written to the stream leaves as messages; its
// finish() says goodbye. `ended` is called at most once, when the client has ended, never within
// this call. A stream that is closed already when the exchange cannot be taken over.
std::shared_ptr<transport::ResponseStream> websocket_watch(transport::Exchange& exchange,
                                                           transport::ResponseHead head,
                                                           EventForm form,
                                                           std::function<void()> ended);

}  // namespace limen::api
