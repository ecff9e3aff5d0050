/* "limen.metrics/1": counters, gauges and histograms on the server's /metrics. A table of the host.
 *
 * A family is created in start(); a series is a family with label values and is looked up once and
 * kept, so that an event costs an atomic addition. The host prefixes names with "limen_module_" and
 * adds the label "instance". Label values must come from small sets. */
#ifndef LIMEN_METRICS_H_
#define LIMEN_METRICS_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LIMEN_METRIC_COUNTER = 1, LIMEN_METRIC_GAUGE = 2, LIMEN_METRIC_HISTOGRAM = 3 };

#define LIMEN_METRICS "limen.metrics/1"
typedef struct limen_metrics_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* A family; name and labels are [a-z_][a-z0-9_]*. The same name again gives the same family; with
   * another type or other labels LIMEN_E_INVALID. [start only] */
  limen_status (*create)(const limen_host* host, int32_t type, limen_str name, limen_str help,
                         const limen_str* labels, size_t label_count, uint64_t* family);
  /* The series of these label values, as many as the family has labels. Lives as long as the
   * plugin. [any] */
  limen_status (*series)(const limen_host* host, uint64_t family, const limen_str* values,
                         size_t value_count, uint64_t* series);
  /* Counters (only up) and gauges. [any] */
  void (*add)(const limen_host* host, uint64_t series, double amount);
  /* Gauges. [any] */
  void (*set)(const limen_host* host, uint64_t series, double value);
  /* Histograms; durations are in seconds. [any] */
  void (*observe)(const limen_host* host, uint64_t series, double value);
} limen_metrics_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_METRICS_H_ */
