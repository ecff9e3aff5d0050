// Series of what is no more: they are shown no longer, until somebody asks for them again.
//
// A series cannot be destroyed, as others may hold it: it goes on counting unseen, and keeps its
// place among the kMaxSeries of its family. For label values that operators make up and give up
// again, such as the names of priority levels. Any thread.
#pragma once

#include <string_view>

namespace limen::metrics {

// Hides every series in which the label has this value, of the families whose name begins with
// `prefix`. One that with() gives out afterwards is shown again, with what it has counted.
void retire_series(std::string_view prefix, std::string_view label, std::string_view value);

}  // namespace limen::metrics
