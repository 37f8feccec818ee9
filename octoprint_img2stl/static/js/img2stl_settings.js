(function (Img2Stl) {
    "use strict";

    // The one part of the settings page that needs more than a binding.
    Img2Stl.SlicerSettings = function Img2StlSlicerSettingsViewModel(parameters) {
        const self = this;
        const settings = parameters[0];
        const loginState = parameters[1];

        self.path = ko.pureComputed({
            read: () => settings.settings.plugins.img2stl.prusaslicer_path(),
            write: (value) => settings.settings.plugins.img2stl.prusaslicer_path(value)
        });
        self.locked = ko.observable(true);
        self.testing = ko.observable(false);
        self.found = ko.observableArray([]);

        self.unlock = function () {
            loginState.reauthenticateIfNecessary(function () {
                self.locked(false);
                Img2Stl.focus("#settings_img2stl_prusaslicer_path");
            });
        };

        const toRow = function (slicer) {
            if (slicer.problem) {
                return {
                    icon: Img2Stl.severityIcon("error"),
                    text: slicer.problem.message
                };
            }
            return {
                icon: "fas fa-check-circle text-success",
                text: _.sprintf(gettext("%(label)s %(version)s is here."), {
                    label: slicer.label,
                    version: slicer.version || ""
                })
            };
        };
        self.test = function () {
            self.testing(true);
            self.found([]);
            OctoPrint.plugins.img2stl
                .testSlicers()
                .done((answer) => self.found(answer.slicers.map(toRow)))
                .fail((xhr) => self.found([toRow({problem: Img2Stl.failure(xhr)})]))
                .always(() => self.testing(false));
        };

        self.onSettingsShown = function () {
            self.locked(true);
            self.found([]);
        };
    };

    OCTOPRINT_VIEWMODELS.push({
        construct: Img2Stl.SlicerSettings,
        dependencies: ["settingsViewModel", "loginStateViewModel"],
        elements: ["#settings_plugin_img2stl_slicer"]
    });
})(window.Img2Stl);
