//! One sentence about each metric, as its HELP.

sentences! {
    BUILD_INFO = "Version of the Loadline that answers; always 1.";
    HOST_INFO = "The machine; always 1.";
    CPU_USAGE = "Busy share of all processors together over the last refresh interval, 0 to 1.";
    CPU_BUSY = "Time during which the machine was busy, all processors counting as one.";
    CPU_OBSERVED = "Time during which the CPU usage was known.";
    MEMORY_USED = "Memory in use.";
    MEMORY_SIZE = "Memory installed.";
    SWAP_USED = "Swap in use.";
    MEMORY_PRESSURE = "Memory pressure that the system reports: 0 normal, 1 warning, 2 critical.";
    ALERT_THRESHOLD = "Threshold of the alert, 0 to 1; absent while it is off.";
    ALERT_FIRING = "Whether the alert fires: 1 or 0.";
    ALERTS = "Alerts that fired since start.";
    LAST_READING = "When the latest reading was taken, by this machine's clock.";
    REFRESH_INTERVAL = "Current interval between readings.";
}
