// Every header of the ABI is C++11.
#include "limen/limen.h"

extern const int limen_check_cpp;
const int limen_check_cpp = LIMEN_ABI_MAJOR;
