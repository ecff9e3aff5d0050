// Which fields of a request go on to another server, and which of its answer come back.
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/forward.h"
#include "proxy/response_parser.h"
#include "request/context.h"

namespace limen::proxy {

// The head of the request to `target`, whole, with the empty line. `body_size` is what follows it;
// `upgrade` keeps what asks for one.
std::string request_head(const request::RequestContext& context, const Target& target,
                         const ForwardRules& rules, std::size_t body_size, bool upgrade);

// Adds the fields of the answer to those the server's own answers have.
void take_answer_fields(const AnswerHead& answer, const ForwardRules& rules,
                        transport::ResponseHead& head);

// The offer of a Sec-WebSocket-Protocol field without protocols that bear a token.
std::string without_bearer(std::string_view offer);

}  // namespace limen::proxy
