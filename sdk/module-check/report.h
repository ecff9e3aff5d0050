// Report: what a test process tells the process that began it.
//
// Faults go down a pipe as they are found; where the module is at the moment stands in a page that
// both share, so that it can be read whatever becomes of the process. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace limen::module_check {

inline constexpr int kReportPipe = 3;  // descriptors of a test process
inline constexpr int kStagePage = 4;
inline constexpr std::size_t kStageBytes = 4096;

// Begins reporting; once, before everything else.
void begin_report();
// A fault by its name ("leak") and one sentence; the first of a name counts.
void fault(std::string_view name, const std::string& text);
// Why a test could not judge the module.
void not_judged(const std::string& text);
// What is being called: "authorize()".
void stage(const char* what) noexcept;
// The test has come to its end; exit() before that is the module's.
void end_report();
// Only what a signal handler may do.
void fault_from_signal(const char* line) noexcept;

bool is_utf8(std::string_view text);

}  // namespace limen::module_check
