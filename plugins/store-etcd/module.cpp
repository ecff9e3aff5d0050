// etcd: the server's objects in an etcd cluster, which several servers may share.

#include "driver.h"

LIMEN_EXPORT_MODULE(limen::draft::store<limen_etcd::Driver>({
    .id = "etcd",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Keeps the objects of several servers in one etcd cluster.",
    .config_schema = limen_etcd::kSchema,
    .may_block = true,
}))
