/* Everything of the stable module ABI. */
#ifndef LIMEN_LIMEN_H_
#define LIMEN_LIMEN_H_

#include "limen/abi.h"
#include "limen/access.h"
#include "limen/admission.h"
#include "limen/authenticator.h"
#include "limen/authorizer.h"
#include "limen/call.h"
#include "limen/clock.h"
#include "limen/config.h"
#include "limen/executor.h"
#include "limen/http.h"
#include "limen/log.h"
#include "limen/metrics.h"
#include "limen/node.h"
#include "limen/objects.h"
#include "limen/rights.h"
#include "limen/token_issuer.h"
#include "limen/validate.h"
#include "limen/versions.h"

#endif /* LIMEN_LIMEN_H_ */
