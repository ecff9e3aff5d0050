// Lead: whether this server does the housekeeping, of which several servers on one store do it
// once.
//
// Thread rule: the loop's thread.
#pragma once

namespace limen::controllers {

struct Lead {
  bool here = true;
};

}  // namespace limen::controllers
