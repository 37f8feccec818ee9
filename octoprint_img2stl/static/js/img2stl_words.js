(function (Img2Stl) {
    "use strict";

    // What the server's codes are called in the page's language.

    Img2Stl.jobState = function (state, kind) {
        const isMesh = kind === "mesh";
        return (
            {
                opening: isMesh
                    ? gettext("Looking at the model")
                    : gettext("Looking at the photo"),
                draft: isMesh
                    ? gettext("Waits to be made ready")
                    : gettext("Ready to be shaped"),
                generating: gettext("A solid is being made"),
                waiting: gettext("Waiting for its turn"),
                running: gettext("At work"),
                done: gettext("Finished"),
                failed: gettext("Failed"),
                cancelled: gettext("Cancelled"),
                interrupted: gettext("Interrupted")
            }[state] || state
        );
    };

    // of what is made, by what it begins with
    Img2Stl.jobSteps = {
        photo: ["photo", "relief", "check", "slice", "gcode"],
        mesh: ["repair", "prepare", "check", "slice", "gcode"]
    };
    Img2Stl.openingSteps = ["load", "repair"];

    // whether a job makes a solid of its photos
    Img2Stl.isSolid = (job) => !!(job && job.params && job.params.route === "solid3d");

    Img2Stl.jobStep = function (step) {
        return (
            {
                photo: gettext("Reading the photo"),
                relief: gettext("Shaping the relief"),
                views: gettext("Getting the photos ready"),
                generate: gettext("Making the solid"),
                load: gettext("Reading the model"),
                repair: gettext("Repairing"),
                prepare: gettext("Making it ready"),
                check: gettext("Checking the mesh"),
                slice: gettext("Slicing"),
                gcode: gettext("Verifying the G-code")
            }[step] ||
            step ||
            ""
        );
    };

    Img2Stl.itemState = function (state) {
        return (
            {
                queued: gettext("In the queue"),
                awaiting_bed_clear: gettext("Next: waits for a clear bed"),
                starting: gettext("Starting"),
                printing: gettext("Printing"),
                done: gettext("Printed"),
                failed: gettext("Failed"),
                cancelled: gettext("Cancelled")
            }[state] || state
        );
    };

    Img2Stl.severityIcon = function (severity) {
        return (
            {
                error: "fas fa-times-circle text-error",
                warning: "fas fa-exclamation-triangle text-warning",
                info: "fas fa-info-circle text-info"
            }[severity] || "fas fa-info-circle"
        );
    };

    Img2Stl.severityLabel = function (severity) {
        return (
            {
                error: gettext("Problem"),
                warning: gettext("Warning"),
                info: gettext("Note")
            }[severity] || severity
        );
    };
})(window.Img2Stl);
