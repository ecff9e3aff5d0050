/* Every header of the ABI is C11. */
#include "limen/limen.h"
#include "limen/limen.h" /* and may be included twice */

extern const int limen_check_c;
const int limen_check_c = LIMEN_ABI_MAJOR;
