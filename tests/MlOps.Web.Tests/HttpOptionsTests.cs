using System.ComponentModel.DataAnnotations;
using Xunit;

namespace MlOps.Tests;

public sealed class HttpOptionsTests
{
    [Theory]
    [InlineData("http://localhost:8888", true)]
    [InlineData("http://127.0.0.1:0", true)]
    [InlineData("http://[::1]:80", true)]
    [InlineData("http://*:8888", true)]
    [InlineData("http://0.0.0.0:8888/", true)]
    [InlineData("https://localhost:8888", false)]
    [InlineData("localhost:8888", false)]
    [InlineData("http://localhost:99999", false)]
    [InlineData("http://localhost:8888/api", false)]
    [InlineData("nonsense", false)]
    [InlineData("", false)]
    public void Url_IsCheckedAtStart(string url, bool valid)
    {
        var faults = new List<ValidationResult>();
        var options = new HttpOptions { Url = url };

        Assert.Equal(valid, Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true));
        Assert.All(faults, fault => Assert.Contains("Url", fault.ErrorMessage, StringComparison.Ordinal));
    }
}
