// An access review, answered, as text for people.
//
// Pure functions; any thread.
#pragma once

#include <ostream>

#include "app/access_question.h"
#include "object/document.h"

namespace limen::app {

// True when the answered review says that it is allowed.
bool is_allowed(const object::Json& review);

// The outcome in one line, then a block a step: verdict, who gave it, the time it took, and below
// it what it rests on. Control characters of what others wrote are shown as '?'.
void print_answer(const AccessQuestion& question, const object::Json& review, std::ostream& out);

}  // namespace limen::app
